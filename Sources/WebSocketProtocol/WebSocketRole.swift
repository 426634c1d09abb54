/// Our side of a WebSocket connection; a client masks what it sends (RFC 6455 §5.3).
package enum WebSocketRole: Sendable, Hashable {
    case client
    case server
}
