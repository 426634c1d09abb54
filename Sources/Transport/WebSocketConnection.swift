package import MarketModel
import NIOCore
package import WebSocketProtocol

/// An open WebSocket connection, at the client or at the server; for use from any task.
///
/// A connection that is let go without ``close(code:reason:discardingReceived:)`` is aborted.
package final class WebSocketConnection: Sendable {
    package let info: ConnectionInfo
    let monitor: ConnectionMonitor
    let channel: any Channel
    let handler: NIOLoopBound<ConnectionHandler>
    /// State and last error, for any number of observers.
    package let status: WebSocketStatus
    /// Bytes under way to the event loop before senders wait.
    let sendQueueBytesMax: Int

    /// Frames of one hand-over to the event loop, unless one message alone is longer.
    private static let sendBytesMax = 1 << 20
    /// A frame's header and mask at most (RFC 6455 §5.2).
    private static let frameOverheadMax = 14

    /// On the channel's event loop, with `handler` in its pipeline.
    init(info: ConnectionInfo, handler: ConnectionHandler, channel: any Channel) {
        self.info = info
        self.monitor = handler.monitor
        self.status = handler.status
        self.sendQueueBytesMax = handler.settings.sendQueueBytesMax
        self.channel = channel
        self.handler = NIOLoopBound(handler, eventLoop: channel.eventLoop)
    }

    deinit {
        // After the close handshake the channel closes by itself, once the peer has seen our close frame.
        if closeInfo == nil { channel.close(promise: nil) }
    }

    /// Runs `body` on the thread of the connection's event loop, where that is not inside an actor with an executor of its
    /// own.
    ///
    /// Saves a consumer that has little to do, such as an echo, the wake-up of another thread for each batch. Whatever takes
    /// longer than some microseconds holds up every connection of the event loop, and must not be done here; what blocks,
    /// even less.
    package func onEventLoop<Result: Sendable>(
        _ body: @Sendable () async throws -> Result
    ) async rethrows -> Result {
        try await withTaskExecutorPreference(EventLoopTaskExecutor(channel.eventLoop)) { try await body() }
    }

    // MARK: Messages

    /// All messages that arrived since the last call, in order; waits for the first one, and is `nil` once closed.
    ///
    /// For one consumer. While the queue is full the socket is not read, and the peer has to wait. Messages that arrived
    /// before the end are given before `nil`. Throws `CancellationError` in a cancelled task, which loses nothing: they
    /// can still be had by ``takeReceived()``.
    package func receive() async throws -> MessageBatch? {
        try await receiveParts()?.batch
    }

    /// As ``receive()``, with what of the batch is not a whole message but a part of one.
    ///
    /// A configuration with `partBytesMax` gives longer messages in such parts, so that they need no memory of their
    /// length; without it every message is whole.
    package func receiveParts() async throws -> (batch: MessageBatch, parts: [MessagePart])? {
        try Task.checkCancellation()
        while true {
            switch try await monitor.wait(for: .received, Self.receive) {
            case .messages(let batch, let parts, let wasPaused):
                if wasPaused { resumeReading() }
                return (batch, parts)
            case .answersGiven: endFarewell()
            case .ended: return nil
            }
        }
    }

    /// The messages that are there, without waiting; `nil` where there are none.
    package func takeReceived() -> MessageBatch? {
        switch monitor.update(Self.receive) {
        case .messages(let batch, _, let wasPaused):
            if wasPaused { resumeReading() }
            return batch
        case .answersGiven: endFarewell()
        case .ended, nil: break
        }
        return nil
    }

    private enum Reception: Sendable {
        case messages(MessageBatch, parts: [MessagePart], wasPaused: Bool)
        /// The connection is about to end, and its end has waited for the consumer to come back.
        case answersGiven
        case ended
    }

    @Sendable
    private static func receive(_ state: inout ConnectionState) -> Reception? {
        guard state.received.isEmpty else {
            var batch = MessageBatch()
            swap(&batch, &state.received)
            var parts: [MessagePart] = []
            swap(&parts, &state.receivedParts)
            let wasPaused = state.isReadingPaused
            state.isReadingPaused = false
            state.consumer = .busy
            return .messages(batch, parts: parts, wasPaused: wasPaused)
        }
        if state.closeInfo != nil { return .ended }
        state.consumer = .waiting
        guard state.isAwaitingAnswers else { return nil }
        state.isAwaitingAnswers = false
        return .answersGiven
    }

    private func endFarewell() {
        channel.eventLoop.execute { [handler] in handler.value.finishFarewell() }
    }

    private func resumeReading() {
        channel.eventLoop.execute { [handler] in handler.value.resumeReading() }
    }

    /// Sends all messages of the batch, whatever their direction says, in order.
    ///
    /// Batches of more than 1 MiB that two tasks send at once may interleave, message by message.
    /// Returns when the last ones are on their way to the socket; while the outgoing queue is full it waits, until the
    /// peer takes more or the send time-out aborts the connection. Throws ``TransportError/Code-swift.enum/closed`` once
    /// a close frame has gone out or come in, what broke the connection where something did, and `CancellationError` in a
    /// cancelled task; in each case the first messages of a long batch may have been sent.
    package func send(_ batch: MessageBatch) async throws {
        var start = 0
        while start < batch.count {
            try Task.checkCancellation()
            let (end, bytes) = Self.nextPortion(of: batch, from: start)
            try await enqueue(OutgoingMessages(batch: batch, range: start..<end), bytes: bytes)
            start = end
        }
    }

    private static func nextPortion(of batch: MessageBatch, from start: Int) -> (end: Int, bytes: Int) {
        var end = start
        var bytes = 0
        while end < batch.count {
            let frameBytes = batch.entries[end].length + frameOverheadMax
            if end > start, bytes + frameBytes > sendBytesMax { break }
            bytes += frameBytes
            end += 1
        }
        return (end, bytes)
    }

    /// Waits until the channel takes more; the event loop is called only where it does not already know of others.
    private func enqueue(_ messages: OutgoingMessages, bytes: Int) async throws {
        let isFirst = try await monitor.wait(for: .writable) { [bytesMax = sendQueueBytesMax] state -> Bool? in
            guard state.canSend else { throw state.failure ?? .closed(state.closeInfo) }
            guard state.isWritable, state.outgoingBytes < bytesMax else { return nil }
            state.outgoing.append(messages)
            state.outgoingBytes += bytes
            return state.outgoing.count == 1
        }
        guard isFirst else { return }
        channel.eventLoop.execute { [handler] in handler.value.sendOutgoing() }
    }

    /// Sends a ping with at most 125 bytes of payload.
    ///
    /// The answer is counted in ``statistics`` and told in ``receiveEvents()``; where none comes within the pong time-out
    /// the connection is aborted.
    package func ping(_ payload: [UInt8] = []) {
        channel.eventLoop.execute { [handler] in handler.value.ping(payload) }
    }

    /// The control frames that went out and came in since the last call, in order; waits for the first one, and is `nil`
    /// once closed.
    ///
    /// For one observer, of a connection whose configuration has `recordsEvents`; of more than 1024 that no one takes
    /// the oldest are dropped. Throws `CancellationError` in a cancelled task.
    package func receiveEvents() async throws -> [ConnectionEvent]? {
        try await monitor.wait(for: .event) { state -> [ConnectionEvent]?? in
            if !state.events.waiting.isEmpty { return state.events.takeAll() }
            return state.closeInfo == nil ? nil : .some(nil)
        }
    }
}
