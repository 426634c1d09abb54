import JSONScanning
import MarketModel

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

    /// The call as a person reads it: `SubscribeToTicks for 'EURUSD'`.
    var name: String {
        guard case .platform(let symbol?) = arguments else { return method }
        return "\(method) for '\(symbol)'"
    }

    /// The event that says that the hub refused the call.
    func refusal(because reason: String, origin: EventOrigin) -> VenueEvent {
        var object = JSONObjectWriter()
        object.text("reason", reason)
        if case .platform(let symbol?) = arguments { object.text("symbol", symbol) }
        var event = VenueEvent(origin: origin, kind: method, isOddity: true, json: Array(object.text().utf8))
        event.isOwn = true
        return event
    }

    /// What the event `subscription` says about the call.
    var fact: String {
        var object = JSONObjectWriter()
        object.text("method", method)
        if case .platform(let symbol?) = arguments { object.text("symbol", symbol) }
        if hasPositionalForm { object.text("arguments", isPositional ? "positional" : "object") }
        if isRefused { object.boolean("refused", true) }
        return object.text()
    }
}
