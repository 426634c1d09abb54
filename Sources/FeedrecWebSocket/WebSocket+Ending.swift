import Transport

extension WebSocket {
    /// Closes the connection: sends our close frame, waits for the peer's, and returns how it ended (RFC 6455 §7).
    ///
    /// Messages that are being sent go out first. Waits for the peer's answer at most ``Options/closeTimeout``, then
    /// aborts; it also waits in a cancelled task. `code` must be one of 1000...1003, 1007...1014 and 3000...4999 (RFC
    /// 6455 §7.4); any other is sent as no code. `reason` is cut to 123 bytes of UTF-8.
    ///
    /// Messages that still arrive can be received. If nothing receives them, pass `discardingReceived`, or a full queue
    /// may hide the peer's answer. If the connection is closed already, the call only returns how it ended.
    @discardableResult
    public func close(
        code: UInt16 = 1000,
        reason: String = "",
        discardingReceived: Bool = false
    ) async -> CloseReason {
        CloseReason(await connection.close(code: code, reason: reason, discardingReceived: discardingReceived))
    }

    /// Ends the connection at once, without a close frame; the peer sees code 1006.
    ///
    /// Returns before the connection has ended; ``closed()`` waits for that.
    public func abort() {
        connection.abort()
    }

    /// Waits until the connection has ended, for whatever reason, even in a cancelled task.
    @discardableResult
    public func closed() async -> CloseReason {
        CloseReason(await connection.ended())
    }

    /// The present state of the connection.
    public var state: State { State(connection.state) }

    /// The present state, then each change; ends after ``State/closed(_:)``, or when the task is cancelled.
    ///
    /// For any number of observers. A slow observer may miss intermediate states, but never the last one.
    public var states: States { States(status: connection.status) }

    /// What broke the connection; `nil` while it is open, and after a close handshake.
    public var lastError: WebSocketError? { connection.lastError.map { WebSocketError($0) } }

    /// Counters for both directions.
    public var statistics: Statistics { Statistics(connection.statistics) }

    /// Memory of the messages that have not been received yet, in bytes.
    public var queuedBytes: Int { connection.queuedBytes }
}
