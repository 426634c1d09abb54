/// What the owner of a ``WebSocketEngine`` has to do, in this order, after handing it input.
package enum EngineAction: Sendable, Hashable {
    /// Write these bytes, and flush.
    case send([UInt8])
    /// A pong arrived with this payload, asked for or not.
    case pongReceived([UInt8])
    /// The WebSocket connection is over: close the socket once everything written before is flushed.
    ///
    /// The last action of a connection. A client should give the server a moment to close first (RFC 6455 §7.1.1).
    case closed(CloseInfo)
}
