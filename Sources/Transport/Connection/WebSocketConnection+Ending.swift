import NIOCore
package import WebSocketProtocol

extension WebSocketConnection {
    /// Closes the connection: sends our close frame, waits for the peer's, and returns how the connection ended.
    ///
    /// Waits at most the configured time-out, then aborts. Because the time is bounded, it also waits in a cancelled
    /// task. Messages that still arrive can be received. If nothing receives them, pass `discardingReceived`, or a full
    /// queue may hide the peer's answer.
    @discardableResult
    package func close(
        code: UInt16 = 1000,
        reason: String = "",
        discardingReceived: Bool = false
    ) async -> CloseInfo {
        beginClose(code: code, reason: reason, discardingReceived: discardingReceived)
        return await ended()
    }

    /// Sends the close frame and returns at once; see ``ended()``.
    package func beginClose(code: UInt16 = 1000, reason: String = "", discardingReceived: Bool = false) {
        channel.eventLoop.execute { [handler] in
            if discardingReceived { handler.value.discardIncoming() }
            handler.value.close(code: code, reason: reason)
        }
    }

    /// Like ``beginClose(code:reason:discardingReceived:)`` after `delay`; does nothing if the connection is closed by
    /// then.
    func beginClose(code: UInt16, after delay: Duration) {
        channel.eventLoop.scheduleTask(in: delay.timeAmount) { [handler] in
            handler.value.close(code: code, reason: "")
        }
    }

    /// Ends the connection at once, without a close frame; the peer sees code 1006.
    package func abort() {
        channel.eventLoop.execute { [handler] in handler.value.abort(.aborted, "aborted") }
    }

    /// Waits until the connection has ended, for whatever reason, even in a cancelled task.
    package func ended() async -> CloseInfo {
        let info = try? await monitor.wait(for: .closed, ignoresCancellation: true) { $0.closeInfo }
        return info ?? CloseInfo(code: 1006, initiator: .none)
    }

    /// Waits until the socket is closed, at most about one second after ``ended()``.
    func socketClosed() async {
        try? await channel.closeFuture.get()
    }

    /// The present state of the connection; see ``status`` to watch it.
    package var state: WebSocketState { status.state }

    /// What broke the connection; `nil` while it is open and after a regular close handshake.
    package var lastError: TransportError? { status.lastError }

    /// How the connection ended; `nil` while it is open.
    package var closeInfo: CloseInfo? { monitor.update { $0.closeInfo } }

    package var statistics: WebSocketStatistics { monitor.update { $0.statistics } }

    /// Memory of the messages that have not been taken yet, in bytes.
    package var queuedBytes: Int { monitor.update { $0.queuedBytes } }
}
