import MarketModel
import NIOCore
import NIOPosix
import Transport
import WebSocketProtocol

/// An open WebSocket connection (RFC 6455), for use from any task.
///
/// ``connect(to:options:)`` makes one at the client, ``WebSocketListener`` at the server. One that is let go without
/// ``close(code:reason:discardingReceived:)`` is aborted. All errors are ``WebSocketError``; in a cancelled task what
/// waits ends with ``WebSocketError/Code-swift.struct/cancelled``.
public final class WebSocket: Sendable {
    let connection: WebSocketConnection
    /// How the connection was made: addresses, TLS, what was agreed on, and how long it took.
    public let info: Info
    /// Whether messages may come in parts.
    let isInParts: Bool

    init(_ connection: WebSocketConnection, isInParts: Bool) {
        self.connection = connection
        self.isInParts = isInParts
        info = Info(connection.info)
    }

    /// Connects to a `ws://` or `wss://` URL, secures the connection and shakes hands (RFC 6455 §4.1).
    ///
    /// Names, networks and servers that may come back give errors with ``WebSocketError/isRetryable``. Redirects are not
    /// followed: they are ``WebSocketError/Code-swift.struct/redirected``. Certificate and host name of `wss://` servers
    /// are verified. To watch the state meanwhile use ``Attempt``.
    public static func connect(
        to url: String,
        options: Options = Options()
    ) async throws(WebSocketError) -> WebSocket {
        try await Attempt(to: url, options: options).connect()
    }

    // MARK: Sending

    /// Sends a text message.
    ///
    /// Returns when it is on its way to the socket; waits while ``Limits/sendQueueBytesMax`` are under way already.
    /// Throws ``WebSocketError/Code-swift.struct/closed`` once a close frame has gone out or come in, or else what broke
    /// the connection.
    public func send(_ text: String) async throws(WebSocketError) {
        try await send([.text(text)])
    }

    /// Sends a binary message; waits and throws as ``send(_:)-(String)``.
    public func send(_ bytes: [UInt8]) async throws(WebSocketError) {
        try await send([.binary(bytes)])
    }

    /// Sends messages in order, which costs far less than one at a time; waits and throws as ``send(_:)-(String)``.
    ///
    /// After an error the first of them may have been sent. Batches of more than 1 MiB that two tasks send at once may
    /// interleave, message by message.
    public func send(_ messages: [Message]) async throws(WebSocketError) {
        let batch = MessageBatch(messages)
        do {
            try await connection.send(batch)
        } catch {
            throw WebSocketError(any: error)
        }
    }

    /// Sends an empty ping (RFC 6455 §5.5.2).
    ///
    /// Where no pong comes within ``Options/pongTimeout`` the connection is aborted.
    public func ping() {
        connection.ping()
    }
}

/// What connections share.
enum Shared {
    /// NIO's own threads, started when first used.
    static var group: any EventLoopGroup { MultiThreadedEventLoopGroup.singleton }

    /// Nanoseconds since an arbitrary moment: only durations are taken from it.
    static let now: @Sendable () -> UnixNanoseconds = {
        UnixNanoseconds(Int64(clamping: NIODeadline.now().uptimeNanoseconds))
    }
}
