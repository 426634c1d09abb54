package import MarketModel
package import NIOCore

/// For senders that run on the connection's own event loop and pace their messages to the microsecond.
extension WebSocketConnection {
    /// The thread that writes to the socket; a task on it sends without switching threads.
    package var executor: any SerialExecutor { channel.eventLoop.executor }

    /// Like ``send(_:)`` without waiting: returns false, and takes nothing, while the outgoing queue is full.
    ///
    /// When called on the connection's event loop, the frames have been passed to the socket on return, as far as it
    /// accepts them. `beforeWrite` is called when the frames are ready, before they are written. `payloadBytes` is
    /// ``MarketModel/MessageBatch/payloadBytes``.
    package func sendNow(_ batch: MessageBatch, payloadBytes: Int, beforeWrite: () -> Void = {}) throws -> Bool {
        let isTaken = try monitor.update { [bytesMax = sendQueueBytesMax] state -> Bool in
            guard state.canSend else { throw state.failure ?? .closed(state.closeInfo) }
            guard state.isWritable, state.outgoingBytes < bytesMax else { return false }
            state.outgoing.append(OutgoingMessages(batch: batch, range: 0..<batch.count))
            state.outgoingBytes += payloadBytes
            return true
        }
        guard isTaken else { return false }
        if channel.eventLoop.inEventLoop {
            handler.value.sendOutgoing(beforeWrite: beforeWrite)
        } else {
            beforeWrite()
            channel.eventLoop.execute { [handler] in handler.value.sendOutgoing() }
        }
        return true
    }

    /// Waits until ``sendNow(_:payloadBytes:beforeWrite:)`` would accept a batch; throws once the connection is closing
    /// or closed.
    package func waitUntilWritable() async throws {
        try await monitor.wait(for: .writable) { [bytesMax = sendQueueBytesMax] state -> Void? in
            guard state.canSend else { throw state.failure ?? .closed(state.closeInfo) }
            return state.isWritable && state.outgoingBytes < bytesMax ? () : nil
        }
    }

    /// The monotonic clock and timers of the connection's event loop.
    package var loopTimer: EventLoopTimer { EventLoopTimer(channel.eventLoop) }
}

/// The clock and the timers of an event loop.
package struct EventLoopTimer: Sendable {
    private let eventLoop: any EventLoop

    package init(_ eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
    }

    package var executor: any SerialExecutor { eventLoop.executor }

    /// Nanoseconds on the monotonic clock, the same for every event loop.
    package static var now: Int64 { Int64(clamping: NIODeadline.now().uptimeNanoseconds) }
    package var now: Int64 { Self.now }

    /// Calls `body` on the event loop when ``now`` reaches `deadline`; call the result to cancel.
    package func schedule(at deadline: Int64, _ body: @escaping @Sendable () -> Void) -> @Sendable () -> Void {
        let scheduled = eventLoop.scheduleTask(deadline: .uptimeNanoseconds(UInt64(clamping: deadline)), body)
        return { scheduled.cancel() }
    }
}
