import JSONScanning
import MarketModel
import SignalRProtocol

/// Converts the hub's callbacks and stream items to events.
///
/// Each event gets the next `item` of its message, so that events keep their order and identity.
struct MT4Normaliser: Sendable {
    private(set) var symbols = SymbolTable()
    let clock: MT4Clock
    /// What to remove from JSON that is stored in events.
    let redaction: MT4Redaction
    /// Compares the trade servers in messages with the one that is recorded.
    var platforms: MT4PlatformWatch
    /// The indices in `quotes` of quotes from other trade servers, in ascending order; the dialect empties it.
    var foreignQuotes: [Int] = []

    init(
        clock: MT4Clock = MT4Clock(zone: nil),
        tradePlatform: String = "",
        redaction: MT4Redaction = MT4Redaction(keepsPersonalData: false)
    ) {
        self.clock = clock
        platforms = MT4PlatformWatch(asked: tradePlatform)
        self.redaction = redaction
    }

    /// Reads a record of type 1 with a target.
    mutating func readInvocation(
        _ record: HubRecord,
        target: JSONValue,
        origin: inout EventOrigin,
        events: inout MarketEvents
    ) throws(JSONError) {
        switch target.withText({ MT4Callback($0) }) {
        case .tick:
            let fields = try record.argumentList.flatMap(MT4Arguments.tickFields)
            appendQuote(fields, kind: "OnTick", origin: &origin, events: &events)
        case .ticks:
            try readList(.ticks, of: record, origin: &origin, events: &events)
        case .marginUpdate:
            try readList(.margins, of: record, origin: &origin, events: &events)
        case .ticksOHLC:
            try readBars(record, origin: &origin, events: &events)
        case .symbolUpdate:
            try readSymbol(record, origin: &origin, events: &events)
        default:
            try noteLink(record, target: target, origin: origin, events: &events)
            appendEvent(target.text ?? "", record.arguments, origin: &origin, events: &events)
        }
    }

    /// Reads a record of type 2 with an item.
    mutating func readStreamItem(
        _ item: UnsafeRawBufferPointer,
        _ value: JSONValue?,
        origin: inout EventOrigin,
        events: inout MarketEvents
    ) throws(JSONError) {
        let fields = try value.flatMap { value throws(JSONError) in value.kind == .object ? try MT4Fields(value) : nil }
        switch fields?.itemKind {
        case .symbolInfo:
            appendQuote(fields, kind: "StreamItem", origin: &origin, events: &events)
        case .marginLevel:
            appendMarginUpdate(fields, kind: "StreamItem", origin: &origin, events: &events)
        case .userUpdate:
            appendEvent("UserUpdate", item, origin: &origin, events: &events)
        case .trade:
            try readTrade(item, origin: &origin, events: &events)
        default:
            appendEvent("StreamItem", item, origin: &origin, events: &events)
        }
    }

    /// Reports data that does not have the form of its kind.
    mutating func appendOddity(
        _ kind: String,
        reason: String,
        bytes: Int? = nil,
        origin: inout EventOrigin,
        events: inout MarketEvents
    ) {
        var json = #"{"reason":"# + JSONText.quoted(reason)
        if let bytes { json += #","bytes":\#(bytes)"# }
        events.venueEvents.append(
            VenueEvent(origin: origin, kind: kind, isOddity: true, json: Array((json + "}").utf8))
        )
        origin.item += 1
    }

    // MARK: Lists

    /// The callbacks that have a list.
    private enum ListCallback: String {
        case ticks = "OnTicks"
        case margins = "OnMarginUpdate"

        /// The member that holds the list.
        var member: StaticString {
            switch self {
            case .ticks: "ticks"
            case .margins: "margins"
            }
        }
    }

    /// Reads the list in the arguments of a callback.
    private mutating func readList(
        _ callback: ListCallback,
        of record: HubRecord,
        origin: inout EventOrigin,
        events: inout MarketEvents
    ) throws(JSONError) {
        guard let arguments = record.argumentList,
            let list = try MT4Arguments.list(callback.member, in: arguments)
        else {
            appendOddity(callback.rawValue, reason: "no \(callback.member)", origin: &origin, events: &events)
            return
        }
        if callback == .margins { _ = platforms.isOwn(list.platform) }
        var cursor = JSONCursor(list.value)
        guard list.value.kind == .array else {
            let fields = list.value.kind == .object ? try fields(at: &cursor, platform: list.platform) : nil
            append(fields, of: callback, origin: &origin, events: &events)
            return
        }
        try cursor.enterArray()
        while try cursor.nextElement() {
            let fields = try fields(at: &cursor, platform: list.platform)
            append(fields, of: callback, origin: &origin, events: &events)
        }
    }

    /// Returns the fields of the value at the cursor; `nil` if it is not an object.
    ///
    /// `platform` is that of the list; an element may name its own.
    private func fields(at cursor: inout JSONCursor, platform: JSONValue?) throws(JSONError) -> MT4Fields? {
        guard cursor.isAtObject else {
            try cursor.skipValue()
            return nil
        }
        var fields = try MT4Fields(&cursor)
        fields.platform = fields.platform ?? platform
        return fields
    }

    private mutating func append(
        _ fields: MT4Fields?,
        of callback: ListCallback,
        origin: inout EventOrigin,
        events: inout MarketEvents
    ) {
        switch callback {
        case .ticks: appendQuote(fields, kind: callback.rawValue, origin: &origin, events: &events)
        case .margins: appendMarginUpdate(fields, kind: callback.rawValue, origin: &origin, events: &events)
        }
    }

    // MARK: Events

    private mutating func appendQuote(
        _ fields: MT4Fields?,
        kind: String,
        origin: inout EventOrigin,
        events: inout MarketEvents
    ) {
        guard let fields, !fields.hasNullTick || fields.bid != nil || fields.ask != nil else {
            appendOddity(kind, reason: "the tick is null", origin: &origin, events: &events)
            return
        }
        guard let symbol = fields.symbol, symbol.kind == .string, !symbol.bytes.isEmpty else {
            appendOddity(kind, reason: "a tick without a symbol", origin: &origin, events: &events)
            return
        }
        let (bid, ask) = (MT4Price(fields.bid), MT4Price(fields.ask))
        guard !bid.isUnreadable, !ask.isUnreadable, bid.value != nil || ask.value != nil else {
            appendOddity(kind, reason: "a tick without exact bid and ask", origin: &origin, events: &events)
            return
        }
        let time = clock.read(fields.lastTime)
        let quote = Quote(
            origin: origin,
            symbol: intern(symbol),
            tsEvent: time.moment,
            bidPrice: bid.value,
            bidSize: nil,
            askPrice: ask.value,
            askSize: nil,
            sequence: nil
        )
        if !platforms.isOwnTick(fields.platform) { foreignQuotes.append(events.quotes.count) }
        events.quotes.append(quote)
        origin.item += 1
        if time == .unreadable { appendBadTimes(["lastTime"], kind: kind, origin: &origin, events: &events) }
    }

    /// Reports times in an unknown notation.
    ///
    /// Their events have no time.
    mutating func appendBadTimes(
        _ names: [StaticString],
        kind: String,
        origin: inout EventOrigin,
        events: inout MarketEvents
    ) {
        for name in names {
            appendOddity(kind, reason: "'\(name)' is not a time", origin: &origin, events: &events)
        }
    }

    mutating func intern(_ symbol: JSONValue) -> SymbolIndex {
        symbol.withText { symbols.intern($0) }
    }

    private mutating func appendMarginUpdate(
        _ fields: MT4Fields?,
        kind: String,
        origin: inout EventOrigin,
        events: inout MarketEvents
    ) {
        guard let fields else {
            appendOddity(kind, reason: "the margin is null", origin: &origin, events: &events)
            return
        }
        guard let login = fields.login?.integer else {
            appendOddity(kind, reason: "a margin without a login", origin: &origin, events: &events)
            return
        }
        var update = MarginUpdate(origin: origin, login: login)
        update.group = fields.group?.text
        update.leverage = fields.leverage?.integer
        update.balance = fields.balance?.decimal
        update.equity = fields.equity?.decimal
        update.volume = fields.volume?.decimal
        update.margin = fields.margin?.decimal
        update.marginFree = fields.free?.decimal
        update.marginLevel = fields.level?.decimal
        update.state = fields.levelType?.marginState
        update.controllingType = fields.controllingType?.controllingType
        update.texts.balance = fields.balance?.verbatim
        update.texts.equity = fields.equity?.verbatim
        update.texts.volume = fields.volume?.verbatim
        update.texts.margin = fields.margin?.verbatim
        update.texts.marginFree = fields.free?.verbatim
        update.texts.marginLevel = fields.level?.verbatim
        events.marginUpdates.append(update)
        origin.item += 1
    }

    mutating func appendEvent(
        _ kind: String,
        _ json: UnsafeRawBufferPointer?,
        symbol: SymbolIndex? = nil,
        origin: inout EventOrigin,
        events: inout MarketEvents
    ) {
        let text = json.map(stored) ?? Array("[]".utf8)
        events.venueEvents.append(VenueEvent(origin: origin, kind: kind, symbol: symbol, json: text))
        origin.item += 1
    }

    /// Returns `json` as it may be stored.
    ///
    /// JSON that passed a redactor is unchanged.
    func stored(_ json: UnsafeRawBufferPointer) -> [UInt8] {
        redaction.redacted(json) ?? Array(json)
    }
}

extension JSONValue {
    /// MarginLevelType, by name or by number.
    fileprivate var marginState: MarginState? {
        if let number = integer { return UInt8(exactly: number).flatMap(MarginState.init) }
        guard kind == .string else { return nil }
        if equalsIgnoringCase("Ok") { return .ok }
        if equalsIgnoringCase("MarginCall") { return .marginCall }
        return equalsIgnoringCase("StopOut") ? .stopOut : nil
    }

    /// MarginControllingType, by name or by number.
    fileprivate var controllingType: MarginControllingType? {
        if let number = integer { return UInt8(exactly: number).flatMap(MarginControllingType.init) }
        guard kind == .string else { return nil }
        if equalsIgnoringCase("Percent") { return .percent }
        return equalsIgnoringCase("Currency") ? .currency : nil
    }
}
