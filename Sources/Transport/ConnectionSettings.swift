import NIOCore
package import WebSocketProtocol

/// What holds for an open connection, the same for both roles: time-outs, limits, and how it is received.
package struct ConnectionSettings: Sendable {
    /// How long the peer may take to answer our close frame once it has been sent.
    package var closeTimeout: Duration = .seconds(5)
    /// The connection is aborted when nothing has come for this long; after half of it a ping goes out.
    package var idleTimeout: Duration?
    /// Pings go out at this interval, whatever comes or goes otherwise; `nil` for none but those of ``idleTimeout``.
    package var pingInterval: Duration?
    /// The connection is aborted when a ping of ours, sent for whatever reason, has waited this long for its pong.
    ///
    /// Other bytes do not stand for it. Time in which a full receive queue keeps us from reading does not count.
    package var pongTimeout: Duration? = .seconds(20)
    /// The connection is aborted when the peer takes nothing for this long of what waits to be sent; it may take it
    /// as slowly as it likes.
    package var sendTimeout: Duration? = .seconds(30)
    /// How long the end of a connection is held back for answers to messages that came right before it, at most.
    ///
    /// Our close frame goes out as soon as the consumer asks for more messages, or says that it closes.
    package var lastAnswersTimeout: Duration = .milliseconds(100)

    /// What the peer may send us: a longer head fails the handshake (431 from a server), a longer frame or message is
    /// answered with close code 1009.
    package var limits = WebSocketLimits()
    /// Memory of messages that wait for the consumer before the socket is not read any more.
    ///
    /// May be exceeded by what one turn of the event loop reads (256 KiB), by one long message, and, once the peer
    /// has closed, by what the kernel holds. Compressed input is inflated in slices, and may exceed it by what 4 KiB
    /// inflate to (4.1 MiB), or by one long message.
    package var receiveQueueBytesMax: Int = 4 << 20
    /// The consumer is woken at most once in this time, and takes all that has gathered; `nil` wakes it after every read.
    ///
    /// The first message after a quiet time, a full queue and the end of the connection wake it at once. At thousands of
    /// messages a second, one a read, waking a thread for each costs more than all that is done with it; times of arrival
    /// and the tap are not affected.
    package var gatherTime: Duration?
    /// Bytes that wait for the socket before senders have to wait, until a quarter of them is left.
    ///
    /// As much again may be on its way from senders to the event loop; one send of each task may exceed both by 1 MiB
    /// or one long message.
    package var sendQueueBytesMax: Int = 1 << 20
    /// Whether control frames are kept for ``WebSocketConnection/receiveEvents()``.
    package var recordsEvents = false
    /// Messages longer than this are received in parts of this length, see
    /// ``WebSocketConnection/receiveParts()``; `nil` for whole messages only.
    package var partBytesMax: Int?
    /// Sees, and may change, what is received before it is queued.
    package var tap: (any MessageTap)?

    package init() {}

    /// The channel is writable until so much waits for the socket, and again when a quarter is left.
    var writeBufferWaterMark: ChannelOptions.Types.WriteBufferWaterMark {
        let high = max(4, sendQueueBytesMax)
        return .init(low: high / 4, high: high)
    }

    /// The engine of a new connection, with what its handshake agreed on.
    func engine(role: WebSocketRole, deflate: DeflateAgreement?) -> WebSocketEngine {
        WebSocketEngine(
            role: role,
            limits: limits,
            maskingKeys: Self.maskingKeys(for: role),
            deflate: deflate,
            partBytesMax: partBytesMax
        )
    }

    /// An engine that only sends, uncompressed, beside one that has ended.
    func sender(role: WebSocketRole) -> WebSocketEngine {
        WebSocketEngine(role: role, limits: limits, maskingKeys: Self.maskingKeys(for: role))
    }

    private static func maskingKeys(for role: WebSocketRole) -> MaskingKeys {
        guard role == .client else { return MaskingKeys(seed: []) }
        var generator = SystemRandomNumberGenerator()
        return MaskingKeys(using: &generator)
    }
}
