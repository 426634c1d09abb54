import Transport
import WebSocketProtocol

extension WebSocket {
    /// The state of a connection; it only moves to a later case (RFC 6455 §4, §7).
    public enum State: Hashable, Sendable, CustomStringConvertible {
        /// Being established: name look-up, network, proxy, TLS or handshake.
        case connecting
        /// Messages can be sent and received.
        case open
        /// A close frame has been sent or received, and the other one is awaited.
        case closing
        /// Ended, or never established.
        case closed(CloseReason)

        /// For example `open` or `closed (code 1001, 'going down')`.
        public var description: String {
            switch self {
            case .connecting: "connecting"
            case .open: "open"
            case .closing: "closing"
            case .closed(let reason): "closed (\(reason))"
            }
        }

        init(_ state: WebSocketState) {
            switch state {
            case .connecting: self = .connecting
            case .open: self = .open
            case .closing: self = .closing
            case .closed(.ended(let info)): self = .closed(CloseReason(info))
            case .closed(.failed(let error)):
                self = .closed(CloseReason(code: 1006, reason: "", initiator: .none, detail: error.description))
            }
        }
    }

    /// How a connection ended.
    public struct CloseReason: Hashable, Sendable, CustomStringConvertible {
        /// The side that sent the first close frame.
        public enum Initiator: Hashable, Sendable {
            /// We closed.
            case local
            /// The peer closed.
            case remote
            /// Neither side sent a close frame: the connection was lost, aborted, or never established.
            case none
        }

        /// The peer's code (RFC 6455 §7.4); after a violation, our own code unless the peer had sent one.
        ///
        /// 1005 means a close frame without a code, 1006 an end without the peer's close frame.
        public let code: UInt16
        /// The text that belongs to ``code``, often empty.
        public let reason: String
        /// The side that closed.
        public let initiator: Initiator
        /// What went wrong, as one line in lower case; `nil` after a close handshake.
        public let detail: String?

        /// For example `code 1001, 'going down'`.
        public var description: String {
            var text = "code \(code)"
            if !reason.isEmpty { text += ", '\(reason)'" }
            if let detail { text += ", \(detail)" }
            return text
        }

        init(code: UInt16, reason: String, initiator: Initiator, detail: String?) {
            self.code = code
            self.reason = reason
            self.initiator = initiator
            self.detail = detail
        }

        init(_ info: CloseInfo) {
            let initiator: Initiator =
                switch info.initiator {
                case .local: .local
                case .remote: .remote
                case .none: .none
                }
            self.init(code: info.code, reason: info.reason, initiator: initiator, detail: info.error)
        }
    }

    /// The states of a connection as they change; see ``WebSocket/states``.
    public struct States: AsyncSequence, Sendable {
        /// A state that differs from the previous one.
        public typealias Element = State
        /// There are no errors, because a failure is a state.
        public typealias Failure = Never

        let status: WebSocketStatus

        /// Makes an iterator that begins with the present state.
        public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(base: status.states.makeAsyncIterator()) }

        /// Waits for changes.
        public struct AsyncIterator: AsyncIteratorProtocol {
            private var base: WebSocketStates.AsyncIterator
            private var last: State?

            init(base: WebSocketStates.AsyncIterator) {
                self.base = base
            }

            /// Returns the next state; `nil` after the last one, or when the task is cancelled.
            public mutating func next() async -> State? {
                while let state = await base.next().map(State.init) {
                    // All stages of connecting are one state here.
                    guard state != last else { continue }
                    last = state
                    return state
                }
                return nil
            }
        }
    }
}
