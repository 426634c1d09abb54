import NIOCore
package import WebSocketProtocol

extension WebSocketConnection {
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

    /// As ``beginClose(code:reason:discardingReceived:)`` after a while; nothing where the connection is closed by then.
    func beginClose(code: UInt16, after delay: Duration) {
        channel.eventLoop.scheduleTask(in: delay.timeAmount) { [handler] in
            handler.value.close(code: code, reason: "")
        }
    }

    /// Ends the connection at once, without a close frame; the peer sees 1006.
    package func abort() {
        channel.eventLoop.execute { [handler] in handler.value.abort(.aborted, "aborted") }
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

    /// Where the connection stands; see ``status`` to watch it.
    package var state: WebSocketState { status.state }

    /// What broke the connection; `nil` while it is open and after a proper close handshake.
    package var lastError: TransportError? { status.lastError }

    /// How the connection ended; `nil` while it has not.
    package var closeInfo: CloseInfo? { monitor.update { $0.closeInfo } }

    package var statistics: WebSocketStatistics { monitor.update { $0.statistics } }

    /// Bytes of memory that messages no one has taken yet occupy.
    package var queuedBytes: Int { monitor.update { $0.queuedBytes } }
}
