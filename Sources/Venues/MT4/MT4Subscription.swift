import JSONScanning
package import MarketModel

/// What a recorder asks a hub for, and how it reads what comes.
package struct MT4Subscription: Sendable, Hashable {
    package var hub = MT4Hub.mt4
    /// The id of the trade server behind the hub.
    package var tradePlatform: String
    /// One `SubscribeToTicks` each, in this order.
    package var symbols: [String]
    /// Asks for `StreamAllTicks`.
    package var allSymbols: Bool
    /// Asks for `SubscribeToAllTicks`.
    package var allTicks = false
    /// Asks for `SubscribeToSymbols`.
    package var symbolUpdates = false
    /// Asks for `SubscribeToOnlineUpdates`.
    package var onlineUpdates = false
    /// Asks for `StreamTrades`.
    package var trades = false
    /// Asks for `StreamMarginCallUpdates`.
    package var margin: Bool
    /// Asks for `StreamUserUpdates`, which carry passwords.
    package var userUpdates = false
    /// How long the hub may take to reach its trade server.
    package var connectTimeoutMs: Int
    /// The zone of the broker's clocks; without one, times are taken as UTC.
    package var brokerTimeZone: ZoneRules?
    /// True where what is about persons may be stored; secrets never are.
    package var keepsPersonalData = false

    package init(
        tradePlatform: String,
        symbols: [String] = [],
        allSymbols: Bool = false,
        margin: Bool = false,
        connectTimeoutMs: Int = 30_000
    ) {
        self.tradePlatform = tradePlatform
        self.symbols = symbols
        self.allSymbols = allSymbols
        self.margin = margin
        self.connectTimeoutMs = connectTimeoutMs
    }

    /// The calls behind `Connect`, in the order they are sent.
    var calls: [MT4Call] {
        guard hub != .test else { return [MT4Call("Ping", .text("feedrec")), MT4Call("GetServerTime", .none)] }
        var calls = symbols.map { MT4Call("SubscribeToTicks", .platform(symbol: $0)) }
        if allTicks { calls.append(MT4Call("SubscribeToAllTicks")) }
        if symbolUpdates { calls.append(MT4Call("SubscribeToSymbols")) }
        if onlineUpdates { calls.append(MT4Call("SubscribeToOnlineUpdates")) }
        if allSymbols { calls.append(MT4Call("StreamAllTicks", isStream: true)) }
        if trades { calls.append(MT4Call("StreamTrades", isStream: true)) }
        if margin { calls.append(MT4Call("StreamMarginCallUpdates", isStream: true)) }
        if userUpdates { calls.append(MT4Call("StreamUserUpdates", isStream: true)) }
        return calls
    }
}

/// One call of the client and what became of it.
struct MT4Call: Sendable, Hashable {
    enum Arguments: Sendable, Hashable {
        case none
        case text(String)
        /// The trade platform, and how long to wait for it.
        case connect
        case platform(symbol: String?)
    }

    let method: String
    let arguments: Arguments
    let isStream: Bool
    /// The number behind `invocationId`; 0 before it is sent.
    var id = 0
    /// The hub's page has two forms of every argument list; the object comes first.
    var isPositional = false
    /// True once the hub said how the call ended, which for a stream is its end.
    var isCompleted = false
    /// When it was sent last.
    var sentAt = UnixNanoseconds(0)
    /// Set while the hub refuses the call: when it is sent again, and how long to wait the time after.
    var againAt: UnixNanoseconds?
    var delay = Self.delayFirst

    static let delayFirst = Duration.seconds(5)
    static let delayMax = Duration.seconds(300)

    init(_ method: String, _ arguments: Arguments = .platform(symbol: nil), isStream: Bool = false) {
        self.method = method
        self.arguments = arguments
        self.isStream = isStream
    }

    /// True when nothing more has to come before data may flow; a stream has no acknowledgement.
    var isSettled: Bool { isCompleted || isStream }

    /// True where the arguments have a second form.
    var hasPositionalForm: Bool {
        switch arguments {
        case .none, .text: false
        case .connect, .platform: true
        }
    }

    var isRefused: Bool { againAt != nil }

    /// Notes that the hub refused the call at `now`; it is tried again from the form that comes first.
    mutating func refuse(now: UnixNanoseconds) {
        isCompleted = true
        isPositional = false
        againAt = now.advanced(by: delay)
        delay = min(delay * 2, Self.delayMax)
    }

    /// The call that takes this one back; `nil` for streams, which are cancelled, and where there is none.
    var opposite: MT4Call? {
        let prefix = "SubscribeTo"
        guard method.hasPrefix(prefix) else { return nil }
        var call = MT4Call("UnsubscribeFrom" + method.dropFirst(prefix.count), arguments)
        call.isPositional = isPositional
        return call
    }

    /// The JSON array of the call's arguments.
    func json(for subscription: MT4Subscription) -> [UInt8] {
        var json: [UInt8] = []
        switch arguments {
        case .none: return Array("[]".utf8)
        case .text(let text): return Array("[\(JSONText.quoted(text))]".utf8)
        case .connect, .platform: break
        }
        json.append(contentsOf: (isPositional ? "[" : #"[{"tradePlatform":"#).utf8)
        JSONText.appendString(subscription.tradePlatform, to: &json)
        if arguments == .connect {
            json.append(contentsOf: (isPositional ? "," : #","timeoutMs":"#).utf8)
            json.append(contentsOf: String(subscription.connectTimeoutMs).utf8)
        }
        if case .platform(let symbol?) = arguments {
            json.append(contentsOf: (isPositional ? "," : #","symbol":"#).utf8)
            JSONText.appendString(symbol, to: &json)
        }
        json.append(contentsOf: (isPositional ? "]" : "}]").utf8)
        return json
    }

    /// What is told of the call in the event `subscription`.
    var fact: String {
        var object = JSONObjectWriter()
        object.text("method", method)
        if case .platform(let symbol?) = arguments { object.text("symbol", symbol) }
        if hasPositionalForm { object.text("arguments", isPositional ? "positional" : "object") }
        if isRefused { object.boolean("refused", true) }
        return object.text()
    }
}
