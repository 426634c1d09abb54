package import WebSocketProtocol

/// The state of a connection; it only moves to a later case.
package enum WebSocketState: Hashable, Sendable {
    /// Being established; the stage is `connect`, `proxy`, `tls` or `handshake`.
    case connecting(TransportError.Stage)
    case open
    /// A close frame has been sent or received, and the other one is awaited.
    case closing
    case closed(ClosedReason)

    package enum ClosedReason: Hashable, Sendable {
        /// The connection was never established.
        case failed(TransportError)
        /// The connection was established and has ended.
        case ended(CloseInfo)
    }

    package var isClosed: Bool {
        if case .closed = self { true } else { false }
    }

    /// Whether `next` may follow; late changes are ignored.
    func precedes(_ next: WebSocketState) -> Bool {
        switch (self, next) {
        case (.connecting, _): true
        case (.open, .closing), (.open, .closed), (.closing, .closed): true
        default: false
        }
    }
}
