package import MarketModel
import NIOCore
package import WebSocketProtocol

/// An open WebSocket connection, at the client or at the server; for use from any task.
///
/// A connection that is let go without ``close(code:reason:discardingReceived:)`` is aborted.
package final class WebSocketConnection: Sendable {
    package let info: ConnectionInfo
    private let monitor: ConnectionMonitor
    private let channel: any Channel
    private let handler: NIOLoopBound<ConnectionHandler>

    /// Frames of one hand-over to the event loop, unless one message alone is longer.
    private static let sendBytesMax = 1 << 20
    /// Bytes under way to the event loop before senders wait.
    private static let outgoingBytesMax = 1 << 20
    /// A frame's header and mask at most (RFC 6455 §5.2).
    private static let frameOverheadMax = 14

    /// On the channel's event loop, with `handler` in its pipeline.
    init(info: ConnectionInfo, handler: ConnectionHandler, channel: any Channel) {
        self.info = info
        self.monitor = handler.monitor
        self.channel = channel
        self.handler = NIOLoopBound(handler, eventLoop: channel.eventLoop)
    }

    deinit {
        // After the close handshake the channel closes by itself, once the peer has seen our close frame.
        if closeInfo == nil { channel.close(promise: nil) }
    }

    // MARK: Messages

    /// All messages that arrived since the last call, in order; waits for the first one, and is `nil` once closed.
    ///
    /// For one consumer. While the queue is full the socket is not read, and the peer has to wait. Messages that arrived
    /// before the end are given before `nil`. Throws `CancellationError` in a cancelled task, which loses nothing: they
    /// can still be had by ``takeReceived()``.
    package func receive() async throws -> MessageBatch? {
        try Task.checkCancellation()
        let (batch, wasPaused) = try await monitor.wait(for: .received) { state -> (MessageBatch?, Bool)? in
            if let taken = Self.take(&state) { return (taken.batch, taken.wasPaused) }
            return state.closeInfo == nil ? nil : (nil, false)
        }
        if wasPaused { resumeReading() }
        return batch
    }

    /// The messages that are there, without waiting; `nil` where there are none.
    package func takeReceived() -> MessageBatch? {
        guard let (batch, wasPaused) = monitor.update(Self.take) else { return nil }
        if wasPaused { resumeReading() }
        return batch
    }

    private static func take(_ state: inout ConnectionState) -> (batch: MessageBatch, wasPaused: Bool)? {
        guard !state.received.isEmpty else { return nil }
        var batch = MessageBatch()
        swap(&batch, &state.received)
        let wasPaused = state.isReadingPaused
        state.isReadingPaused = false
        return (batch, wasPaused)
    }

    private func resumeReading() {
        channel.eventLoop.execute { [handler] in handler.value.resumeReading() }
    }

    /// Sends all messages of the batch, whatever their direction says, in order.
    ///
    /// Batches of more than 1 MiB that two tasks send at once may interleave, message by message.
    /// Returns when the last ones are on their way to the socket; waits while the peer does not keep up. Throws
    /// ``TransportError/Code-swift.enum/closed`` once a close frame has gone out or the connection has ended, and
    /// `CancellationError` in a cancelled task; either way the first messages of a long batch may have been sent.
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
        let isFirst = try await monitor.wait(for: .writable) { state -> Bool? in
            guard state.canSend else { throw TransportError.closed(state.closeInfo) }
            guard state.isWritable, state.outgoingBytes < Self.outgoingBytesMax else { return nil }
            state.outgoing.append(messages)
            state.outgoingBytes += bytes
            return state.outgoing.count == 1
        }
        guard isFirst else { return }
        channel.eventLoop.execute { [handler] in handler.value.sendOutgoing() }
    }

    /// Sends a ping with at most 125 bytes of payload; the answer is counted in ``statistics``.
    package func ping(_ payload: [UInt8] = []) {
        channel.eventLoop.execute { [handler] in handler.value.ping(payload) }
    }

    // MARK: The end

    /// Closes the connection: our close frame, the peer's, and how it ended.
    ///
    /// Waits for the peer at most the configured time-out, then aborts; goes on in a cancelled task, since the time is
    /// bounded. Messages that still arrive can be received. Where no one does that, `discardingReceived` keeps a full
    /// queue from hiding the peer's answer.
    @discardableResult
    package func close(
        code: UInt16 = 1000,
        reason: String = "",
        discardingReceived: Bool = false
    ) async -> CloseInfo {
        beginClose(code: code, reason: reason, discardingReceived: discardingReceived)
        return await ended()
    }

    /// Sends the close frame and returns; see ``ended()``.
    package func beginClose(code: UInt16 = 1000, reason: String = "", discardingReceived: Bool = false) {
        channel.eventLoop.execute { [handler] in
            if discardingReceived { handler.value.discardIncoming() }
            handler.value.close(code: code, reason: reason)
        }
    }

    /// Ends the connection at once, without a close frame; the peer sees 1006.
    package func abort() {
        channel.eventLoop.execute { [handler] in handler.value.abort("aborted") }
    }

    /// Waits until the connection has ended, by whomever, also in a cancelled task.
    package func ended() async -> CloseInfo {
        let info = try? await monitor.wait(for: .closed, ignoresCancellation: true) { $0.closeInfo }
        return info ?? CloseInfo(code: 1006, initiator: .none)
    }

    /// Waits until the socket itself is gone, at most about a second after ``ended()``.
    func socketClosed() async {
        try? await channel.closeFuture.get()
    }

    /// How the connection ended; `nil` while it has not.
    package var closeInfo: CloseInfo? { monitor.update { $0.closeInfo } }

    package var statistics: WebSocketStatistics { monitor.update { $0.statistics } }

    /// Bytes of memory that messages no one has taken yet occupy.
    package var queuedBytes: Int { monitor.update { $0.queuedBytes } }
}
