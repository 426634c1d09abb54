import NIOCore
import WebSocketProtocol

/// Settings that outlast the handshake, the same for both roles.
struct ConnectionSettings: Sendable {
    var limits: WebSocketLimits
    var receiveQueueBytesMax: Int
    var sendQueueBytesMax: Int
    var closeTimeout: Duration
    var idleTimeout: Duration?
    var pingInterval: Duration?
    var pongTimeout: Duration?
    var sendTimeout: Duration?
    var lastAnswersTimeout: Duration
    var recordsEvents: Bool
    var partBytesMax: Int?
    var tap: (any MessageTap)?

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
