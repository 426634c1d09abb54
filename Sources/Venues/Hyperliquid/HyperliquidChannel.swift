import JSONScanning

/// The channels in Hyperliquid's messages.
enum HyperliquidChannel: Int, Sendable, Hashable, CaseIterable {
    case trades
    case bestPrices
    case book
    case candles
    case context
    case spotContext
    case mids
    case response
    case pong
    case error
    /// Any other: the channels of users, and those that are new.
    case other

    /// The channel in a message's member `channel`; `nil` if it is no string.
    @inline(__always)
    init?(_ value: JSONValue) {
        guard value.kind == .string else { return nil }
        self = value.withText { HyperliquidChannel(name: $0) }
    }

    @inline(__always)
    private init(name: UnsafeRawBufferPointer) {
        if name.equals("l2Book") {
            self = .book
        } else if name.equals("bbo") {
            self = .bestPrices
        } else if name.equals("trades") {
            self = .trades
        } else if name.equals("activeAssetCtx") {
            self = .context
        } else if name.equals("activeSpotAssetCtx") {
            self = .spotContext
        } else if name.equals("candle") {
            self = .candles
        } else if name.equals("allMids") {
            self = .mids
        } else if name.equals("subscriptionResponse") {
            self = .response
        } else if name.equals("pong") {
            self = .pong
        } else if name.equals("error") {
            self = .error
        } else {
            self = .other
        }
    }

    /// The `type` of the subscription that brings the channel; `nil` if none of market data does.
    var type: String? {
        switch self {
        case .trades: "trades"
        case .bestPrices: "bbo"
        case .book: "l2Book"
        case .candles: "candle"
        // A subscription to a spot pair is answered on a channel of its own.
        case .context, .spotContext: "activeAssetCtx"
        case .mids: "allMids"
        case .response, .pong, .error, .other: nil
        }
    }
}
