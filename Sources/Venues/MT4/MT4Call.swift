import JSONScanning
import MarketModel

/// One call of the client, and its result.
struct MT4Call: Sendable, Hashable {
    enum Arguments: Sendable, Hashable {
        case none
        case text(String)
        /// The trade platform and a time-out.
        case connect
        case platform(symbol: String?)
    }

    let method: String
    let arguments: Arguments
    let isStream: Bool
    /// The number in `invocationId`; 0 before the call is sent.
    var id = 0
    /// The hub's page documents two forms of every argument list.
    ///
    /// The object form is tried first.
    var isPositional = false
    /// True after the hub has reported the end of the call.
    ///
    /// For a stream this is the end of the stream.
    var isCompleted = false
    /// When the call was last sent.
    var sentAt = UnixNanoseconds(0)
    /// When to send a refused call again, and the delay after that; `nil` if it is not refused.
    var againAt: UnixNanoseconds?
    var delay = Self.delayFirst

    static let delayFirst = Duration.seconds(5)
    static let delayMax = Duration.seconds(300)

    init(_ method: String, _ arguments: Arguments = .platform(symbol: nil), isStream: Bool = false) {
        self.method = method
        self.arguments = arguments
        self.isStream = isStream
    }

    /// True if data may flow without a further answer.
    ///
    /// A stream has no acknowledgement.
    var isSettled: Bool { isCompleted || isStream }

    /// True if the arguments also have a positional form.
    var hasPositionalForm: Bool {
        switch arguments {
        case .none, .text: false
        case .connect, .platform: true
        }
    }

    var isRefused: Bool { againAt != nil }

    /// Records that the hub refused the call at `now`.
    ///
    /// It is retried later, with the object form first.
    mutating func refuse(now: UnixNanoseconds) {
        isCompleted = true
        isPositional = false
        againAt = now.advanced(by: delay)
        delay = min(delay * 2, Self.delayMax)
    }

    /// The call that reverses this call; `nil` if there is none.
    ///
    /// Streams are cancelled instead.
    var opposite: MT4Call? {
        let prefix = "SubscribeTo"
        guard method.hasPrefix(prefix) else { return nil }
        var call = MT4Call("UnsubscribeFrom" + method.dropFirst(prefix.count), arguments)
        call.isPositional = isPositional
        return call
    }

    /// Returns the call's arguments as a JSON array.
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

    /// The call as people read it: `SubscribeToTicks for 'EURUSD'`.
    var name: String {
        guard case .platform(let symbol?) = arguments else { return method }
        return "\(method) for '\(symbol)'"
    }

    /// Makes the event for a refused call.
    func refusal(because reason: String, origin: EventOrigin) -> VenueEvent {
        var object = JSONObjectWriter()
        object.text("reason", reason)
        if case .platform(let symbol?) = arguments { object.text("symbol", symbol) }
        var event = VenueEvent(origin: origin, kind: method, isOddity: true, json: Array(object.text().utf8))
        event.isOwn = true
        return event
    }

    /// The call as JSON in the event `subscription`.
    var fact: String {
        var object = JSONObjectWriter()
        object.text("method", method)
        if case .platform(let symbol?) = arguments { object.text("symbol", symbol) }
        if hasPositionalForm { object.text("arguments", isPositional ? "positional" : "object") }
        if isRefused { object.boolean("refused", true) }
        return object.text()
    }
}
