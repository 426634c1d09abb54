package import WebSocketProtocol

/// Where a connection stands in its life; it only ever goes on to a later case.
package enum WebSocketState: Hashable, Sendable {
    /// On the way: one of `connect`, `proxy`, `tls` and `handshake`.
    case connecting(TransportError.Stage)
    case open
    /// A close frame has gone out or come in, and the other one is awaited.
    case closing
    case closed(ClosedReason)

    package enum ClosedReason: Hashable, Sendable {
        /// There never was a connection.
        case failed(TransportError)
        /// There was, and this is how it ended.
        case ended(CloseInfo)
    }

    package var isClosed: Bool {
        if case .closed = self { true } else { false }
    }

    /// Whether `next` may follow; what comes too late changes nothing.
    func precedes(_ next: WebSocketState) -> Bool {
        switch (self, next) {
        case (.connecting, _): true
        case (.open, .closing), (.open, .closed), (.closing, .closed): true
        default: false
        }
    }
}
