import Synchronization
import Transport

extension WebSocket {
    /// An attempt to connect whose state can be watched from the beginning.
    ///
    /// If you do not need that, use ``WebSocket/connect(to:options:)``.
    public final class Attempt: Sendable {
        private let configuration: WebSocketClient.Configuration
        private let status = WebSocketStatus()
        private let isStarted = Atomic<Bool>(false)

        /// Checks the URL and the options, and reads their files; does not connect.
        ///
        /// - Throws: ``WebSocketError/Code-swift.struct/invalidURL``,
        ///   ``WebSocketError/Code-swift.struct/invalidOption`` or
        ///   ``WebSocketError/Code-swift.struct/tlsConfiguration``.
        public init(to url: String, options: Options = Options()) throws(WebSocketError) {
            configuration = try options.configuration(url: url, environment: Environment.variable)
        }

        /// The present state of the attempt, and then of its connection.
        public var state: State { State(status.state) }

        /// The present state, then each change, until the end of the connection; see ``WebSocket/states``.
        public var states: States { States(status: status) }

        /// Why the attempt failed, or what broke its connection; `nil` otherwise.
        public var lastError: WebSocketError? { status.lastError.map { WebSocketError($0) } }

        /// Connects like ``WebSocket/connect(to:options:)``; may be called only once.
        public func connect() async throws(WebSocketError) -> WebSocket {
            let wasStarted = isStarted.exchange(true, ordering: .relaxed)
            precondition(!wasStarted, "an attempt connects once; make another")
            do throws(TransportError) {
                let connection = try await WebSocketClient.connect(
                    configuration,
                    group: Shared.group,
                    now: Shared.now,
                    status: status
                )
                return WebSocket(connection, isInParts: configuration.partBytesMax != nil)
            } catch {
                throw WebSocketError(error)
            }
        }
    }
}
