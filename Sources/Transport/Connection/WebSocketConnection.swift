package import MarketModel
import NIOCore
package import WebSocketProtocol

/// An open WebSocket connection, of a client or a server; for use from any task.
///
/// A connection that is released without ``close(code:reason:discardingReceived:)`` is aborted.
package final class WebSocketConnection: Sendable {
    package let info: ConnectionInfo
    let monitor: ConnectionMonitor
    let channel: any Channel
    let handler: NIOLoopBound<ConnectionHandler>
    /// State and last error, for any number of observers.
    package let status: WebSocketStatus
    /// Bytes that may be on their way to the event loop before senders wait.
    let sendQueueBytesMax: Int

    /// Bytes of frames passed to the event loop at once; only a single longer message exceeds it.
    private static let sendBytesMax = 1 << 20
    /// The longest header of a frame, with its mask, in bytes (RFC 6455 §5.2).
    private static let frameOverheadMax = 14

    /// Must be called on the channel's event loop, with `handler` in its pipeline.
    init(info: ConnectionInfo, handler: ConnectionHandler, channel: any Channel) {
        self.info = info
        self.monitor = handler.monitor
        self.status = handler.status
        self.sendQueueBytesMax = handler.settings.sendQueueBytesMax
        self.channel = channel
        self.handler = NIOLoopBound(handler, eventLoop: channel.eventLoop)
    }

    deinit {
        // After the close handshake the channel closes on its own, once the peer has received our close frame.
        if closeInfo == nil { channel.close(promise: nil) }
    }

    /// Runs `body` on the thread of the connection's event loop, except inside an actor with its own executor.
    ///
    /// This saves a consumer with little work, such as an echo, from waking another thread for each batch. Work that
    /// takes more than a few microseconds delays every connection of the event loop; do not do it here, and never
    /// block.
    package func onEventLoop<Result: Sendable>(
        _ body: @Sendable () async throws -> Result
    ) async rethrows -> Result {
        try await withTaskExecutorPreference(EventLoopTaskExecutor(channel.eventLoop)) { try await body() }
    }

    // MARK: Messages

    /// Returns all messages that arrived since the last call, in order.
    ///
    /// Waits for the first one; returns `nil` once closed.
    ///
    /// For one consumer. While the queue is full, the socket is not read and the peer has to wait. Messages that
    /// arrived before the end are returned before `nil`. Throws `CancellationError` in a cancelled task; no messages
    /// are lost, and ``takeReceived()`` still returns them.
    package func receive() async throws -> MessageBatch? {
        try await receiveParts()?.batch
    }

    /// Like ``receive()``, and also returns which entries of the batch are parts of messages.
    ///
    /// With `partBytesMax`, longer messages come in parts of that size, so that they need not fit in memory. Without
    /// it, every message is complete.
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

    /// Returns the queued messages without waiting; `nil` if there are none.
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
        /// The connection is about to end; its end waited for the consumer to ask for more.
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

    /// Sends all messages of the batch in order, whatever direction its entries have.
    ///
    /// Batches over 1 MiB that two tasks send at once may interleave, message by message. Returns when the last
    /// messages are on their way to the socket. While the outgoing queue is full it waits, until the peer accepts more
    /// or the send time-out aborts the connection.
    ///
    /// Throws ``TransportError/Code-swift.enum/closed`` once a close frame has been sent or received, the error that
    /// broke the connection if there is one, and `CancellationError` in a cancelled task. In each case the first
    /// messages of a long batch may have been sent.
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

    /// Waits until the channel accepts more; calls the event loop only if no earlier messages are waiting for it.
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

    /// Adds messages that came another way, such as an answer over HTTP, to those that ``receive()`` returns.
    ///
    /// They get the present time, and pass the connection's tap like all others. They are not counted in
    /// ``statistics``. After the end of the connection, they are dropped.
    package func insert(_ batch: MessageBatch) {
        guard !batch.isEmpty else { return }
        channel.eventLoop.execute { [handler] in handler.value.insert(batch) }
    }

    /// Sends a ping with at most 125 bytes of payload.
    ///
    /// The pong is counted in ``statistics`` and reported by ``receiveEvents()``. If none arrives within the pong
    /// time-out, the connection is aborted.
    package func ping(_ payload: [UInt8] = []) {
        channel.eventLoop.execute { [handler] in handler.value.ping(payload) }
    }

    /// Returns the control frames sent and received since the last call, in order.
    ///
    /// Waits for the first one; returns `nil` once closed.
    ///
    /// For one observer, of a connection whose configuration has `recordsEvents`. If more than 1024 wait, the oldest
    /// are dropped. Throws `CancellationError` in a cancelled task.
    package func receiveEvents() async throws -> [ConnectionEvent]? {
        try await monitor.wait(for: .event) { state -> [ConnectionEvent]?? in
            if !state.events.waiting.isEmpty { return state.events.takeAll() }
            return state.closeInfo == nil ? nil : .some(nil)
        }
    }
}
