import Synchronization
import Transport

extension WebSocket {
    /// An attempt to connect whose state can be watched from the beginning; otherwise use ``WebSocket/connect(to:options:)``.
    public final class Attempt: Sendable {
        private let configuration: WebSocketClient.Configuration
        private let status = WebSocketStatus()
        private let isStarted = Atomic<Bool>(false)

        /// Checks the URL and the options, and reads their files; does not connect.
        ///
        /// Throws ``WebSocketError/Code-swift.struct/invalidURL``, ``WebSocketError/Code-swift.struct/invalidOption`` or
        /// ``WebSocketError/Code-swift.struct/tlsConfiguration``.
        public init(to url: String, options: Options = Options()) throws(WebSocketError) {
            configuration = try options.configuration(url: url, environment: Environment.variable)
        }

        /// Where the attempt, and the connection that came of it, stand.
        public var state: State { State(status.state) }

        /// The present state, then each change, to the end of the connection; see ``WebSocket/states``.
        public var states: States { States(status: status) }

        /// Why the attempt failed, or what broke its connection; `nil` where nothing did.
        public var lastError: WebSocketError? { status.lastError.map { WebSocketError($0) } }

        /// Connects as ``WebSocket/connect(to:options:)``; to be called once.
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
