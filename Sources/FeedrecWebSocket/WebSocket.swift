import MarketModel
import NIOCore
import NIOPosix
import Transport
import WebSocketProtocol

/// An open WebSocket connection (RFC 6455), for use from any task.
///
/// ``connect(to:options:)`` makes one at the client, ``WebSocketListener`` at the server. A connection that is released
/// without ``close(code:reason:discardingReceived:)`` is aborted. All errors are ``WebSocketError``; in a cancelled
/// task, waiting calls throw ``WebSocketError/Code-swift.struct/cancelled``.
public final class WebSocket: Sendable {
    let connection: WebSocketConnection
    /// Facts about the connection: addresses, TLS, negotiated options, and durations.
    public let info: Info
    /// Whether messages may come in parts.
    let isInParts: Bool

    init(_ connection: WebSocketConnection, isInParts: Bool) {
        self.connection = connection
        self.isInParts = isInParts
        info = Info(connection.info)
    }

    /// Connects to a `ws://` or `wss://` URL and performs the TLS and opening handshakes (RFC 6455 §4.1).
    ///
    /// Errors of names, networks and servers that may recover have ``WebSocketError/isRetryable`` set. Redirects are
    /// not followed: they are ``WebSocketError/Code-swift.struct/redirected``. Certificate and host name of `wss://`
    /// servers are verified. To watch the state meanwhile, use ``Attempt``.
    public static func connect(
        to url: String,
        options: Options = Options()
    ) async throws(WebSocketError) -> WebSocket {
        try await Attempt(to: url, options: options).connect()
    }

    // MARK: Sending

    /// Sends a text message.
    ///
    /// Returns when the message is on its way to the socket; waits while ``Limits/sendQueueBytesMax`` are on their way
    /// already. Throws ``WebSocketError/Code-swift.struct/closed`` once a close frame has been sent or received, or
    /// else the error that broke the connection.
    public func send(_ text: String) async throws(WebSocketError) {
        try await send([.text(text)])
    }

    /// Sends a binary message; waits and throws like ``send(_:)-(String)``.
    public func send(_ bytes: [UInt8]) async throws(WebSocketError) {
        try await send([.binary(bytes)])
    }

    /// Sends messages in order, which is much cheaper than one at a time; waits and throws like ``send(_:)-(String)``.
    ///
    /// After an error the first of them may have been sent. Batches over 1 MiB that two tasks send at once may
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
    /// If no pong arrives within ``Options/pongTimeout``, the connection is aborted.
    public func ping() {
        connection.ping()
    }
}

/// Resources shared by all connections.
enum Shared {
    /// NIO's own threads, started on first use.
    static var group: any EventLoopGroup { MultiThreadedEventLoopGroup.singleton }

    /// The monotonic clock in nanoseconds; only used for durations.
    static let now: @Sendable () -> UnixNanoseconds = {
        UnixNanoseconds(Int64(clamping: NIODeadline.now().uptimeNanoseconds))
    }
}
