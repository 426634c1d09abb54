import NIOCore
package import WebSocketProtocol

/// Settings of an open connection, the same for both roles: time-outs, limits, and how messages are received.
package struct ConnectionSettings: Sendable {
    /// How long the peer may take to answer our close frame.
    package var closeTimeout: Duration = .seconds(5)
    /// The connection is aborted if nothing is received for this long; a ping is sent after half of it.
    package var idleTimeout: Duration?
    /// Interval at which pings are sent, regardless of other traffic; `nil` sends only those of ``idleTimeout``.
    package var pingInterval: Duration?
    /// The connection is aborted if one of our pings is not answered within this time.
    ///
    /// Other bytes do not count as an answer. Time in which a full receive queue stops us from reading does not count.
    package var pongTimeout: Duration? = .seconds(20)
    /// The connection is aborted if bytes wait to be sent and the peer accepts none for this long.
    ///
    /// A slow peer is not a failure.
    package var sendTimeout: Duration? = .seconds(30)
    /// How long the end of a connection may be delayed for answers to the messages that arrived just before it.
    ///
    /// Our close frame is sent as soon as the consumer asks for more messages, or begins to close.
    package var lastAnswersTimeout: Duration = .milliseconds(100)

    /// What the peer may send.
    ///
    /// A longer head fails the handshake (a server answers 431). A longer frame or message is answered with close code
    /// 1009.
    package var limits = WebSocketLimits()
    /// Memory of the messages that wait for the consumer, in bytes.
    ///
    /// When it is reached, the socket is not read.
    ///
    /// It may be exceeded by one turn of the event loop (256 KiB), by one long message, and, after the peer has closed,
    /// by the bytes in the kernel. Compressed input is inflated in slices: it may exceed the limit by what 4 KiB
    /// inflate to (4.1 MiB), or by one long message.
    package var receiveQueueBytesMax: Int = 4 << 20
    /// The consumer is woken at most once in this time, and takes all messages gathered by then; `nil` wakes it after
    /// every read.
    ///
    /// The first message after a quiet time, a full queue and the end of the connection wake it at once. At thousands
    /// of messages per second, each in its own read, waking a thread costs more than the work itself. Receive times and
    /// the tap are not affected.
    package var gatherTime: Duration?
    /// Bytes that may wait for the socket before senders have to wait.
    ///
    /// They continue when a quarter of this is left.
    ///
    /// The same amount may be on its way from senders to the event loop. One send of each task may exceed both by 1 MiB
    /// or by one long message.
    package var sendQueueBytesMax: Int = 1 << 20
    /// Whether control frames are kept for ``WebSocketConnection/receiveEvents()``.
    package var recordsEvents = false
    /// Longer messages are received in parts of this many bytes, see ``WebSocketConnection/receiveParts()``; `nil`
    /// delivers only whole messages.
    package var partBytesMax: Int?
    /// Sees received messages before they are queued, and may change them.
    package var tap: (any MessageTap)?

    package init() {}

    /// The channel becomes unwritable at ``sendQueueBytesMax``, and writable again at a quarter of it.
    var writeBufferWaterMark: ChannelOptions.Types.WriteBufferWaterMark {
        let high = max(4, sendQueueBytesMax)
        return .init(low: high / 4, high: high)
    }

    /// Makes the engine of a new connection, with the extension that its handshake agreed on.
    func engine(role: WebSocketRole, deflate: DeflateAgreement?) -> WebSocketEngine {
        WebSocketEngine(
            role: role,
            limits: limits,
            maskingKeys: Self.maskingKeys(for: role),
            deflate: deflate,
            partBytesMax: partBytesMax
        )
    }

    /// Makes an engine that only sends, uncompressed, to be used after the main engine has ended.
    func sender(role: WebSocketRole) -> WebSocketEngine {
        WebSocketEngine(role: role, limits: limits, maskingKeys: Self.maskingKeys(for: role))
    }

    private static func maskingKeys(for role: WebSocketRole) -> MaskingKeys {
        guard role == .client else { return MaskingKeys(seed: []) }
        var generator = SystemRandomNumberGenerator()
        return MaskingKeys(using: &generator)
    }
}
