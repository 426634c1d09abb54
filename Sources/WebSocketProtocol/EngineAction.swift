/// What the owner of a ``WebSocketEngine`` must do after passing it input, in this order.
package enum EngineAction: Sendable, Hashable {
    /// Write these bytes, and flush.
    case send([UInt8])
    /// A pong arrived with this payload, solicited or not.
    case pongReceived([UInt8])
    /// The WebSocket connection is over: close the socket once all earlier output has been flushed.
    ///
    /// Always the last action. A client should give the server a moment to close first (RFC 6455 §7.1.1).
    case closed(CloseInfo)
}
