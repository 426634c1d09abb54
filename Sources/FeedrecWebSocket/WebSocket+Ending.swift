import Transport

extension WebSocket {
    /// Closes the connection: our close frame, the peer's, and how it ended (RFC 6455 §7).
    ///
    /// Messages on their way are sent before. Waits for the peer's answer at most ``Options/closeTimeout``, then aborts;
    /// goes on in a cancelled task. `code` is one of 1000...1003, 1007...1014 and 3000...4999 (RFC 6455 §7.4), any other
    /// goes out as none; `reason` is cut to 123 bytes of UTF-8. What still arrives can be received; where no one does
    /// that, `discardingReceived` keeps a full queue from hiding the peer's answer. On a connection that is closed
    /// already it only says how that ended.
    @discardableResult
    public func close(
        code: UInt16 = 1000,
        reason: String = "",
        discardingReceived: Bool = false
    ) async -> CloseReason {
        CloseReason(await connection.close(code: code, reason: reason, discardingReceived: discardingReceived))
    }

    /// Ends the connection at once, without a close frame: the peer sees 1006.
    ///
    /// Returns before it has ended; ``closed()`` waits for that.
    public func abort() {
        connection.abort()
    }

    /// Waits until the connection has ended, by whomever, also in a cancelled task.
    @discardableResult
    public func closed() async -> CloseReason {
        CloseReason(await connection.ended())
    }

    /// Where the connection stands.
    public var state: State { State(connection.state) }

    /// The present state, then each change; ends behind ``State/closed(_:)``, or when the task is cancelled.
    ///
    /// For any number of observers. One that is slow misses states in between, never the last.
    public var states: States { States(status: connection.status) }

    /// What broke the connection; `nil` while it is open, and after a close handshake.
    public var lastError: WebSocketError? { connection.lastError.map { WebSocketError($0) } }

    /// What has passed in either direction up to now.
    public var statistics: Statistics { Statistics(connection.statistics) }

    /// Bytes of memory that messages no one has received yet occupy.
    public var queuedBytes: Int { connection.queuedBytes }
}
