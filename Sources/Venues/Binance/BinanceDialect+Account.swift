import JSONScanning
import MarketModel

/// The events of a futures account ("User Data Streams" of the USD-M futures).
extension BinanceDialect {
    /// Reads an event of the type `event`; one of an unknown type becomes an event with the venue's JSON.
    mutating func readAccount(
        _ event: String,
        _ fields: BinanceFields,
        _ payload: UnsafeRawBufferPointer,
        _ origin: EventOrigin,
        _ events: inout MarketEvents
    ) throws(BinancePayloadError) {
        switch event {
        case "ACCOUNT_UPDATE": try readAccountUpdate(fields, origin, &events)
        case "ORDER_TRADE_UPDATE": try readOrder(fields, origin, &events)
        case "MARGIN_CALL":
            try readMarginCall(fields, origin, &events)
            events.venueEvents.append(VenueEvent(origin: origin, kind: event, json: Array(payload)))
        case "listenKeyExpired":
            // The event has the key, which is a secret.
            let time = try fields.integer("E") ?? 0
            events.venueEvents.append(VenueEvent(origin: origin, kind: event, json: Array(#"{"E":\#(time)}"#.utf8)))
            ending = Self.keyExpired
        case "ACCOUNT_CONFIG_UPDATE", "TRADE_LITE", "CONDITIONAL_ORDER_TRIGGER_REJECT", "STRATEGY_UPDATE",
            "GRID_UPDATE", "ALGO_UPDATE":
            events.venueEvents.append(VenueEvent(origin: origin, kind: event, json: Array(payload)))
        default: break
        }
    }

    /// Nothing more comes over a connection whose key has expired, so it is replaced at once.
    static let keyExpired = DialectOutcome.Ending(
        reason: "the listen key of the account has expired",
        kind: .failure
    )

    /// Reads the balances and positions that have changed; it does not list others.
    private mutating func readAccountUpdate(
        _ fields: BinanceFields,
        _ origin: EventOrigin,
        _ events: inout MarketEvents
    ) throws(BinancePayloadError) {
        let change = try fields.object("a")
        let time = events.time(try fields.integer("T", or: "E"), origin, nil)
        var origin = origin
        for element in try change.elements("B") {
            let balance = try BinanceFields(element.bytes)
            var update = MarginUpdate(origin: origin, login: 0)
            update.asset = try balance.name("a")
            update.tsEvent = time
            update.balance = try balance.decimal("wb")
            update.texts.balance = balance.text("wb")
            events.marginUpdates.append(update)
            origin.item += 1
        }
        origin.item = 0
        for element in try change.elements("P") {
            let position = try BinanceFields(element.bytes)
            var update = try self.position(position, element, origin, time)
            update.entryPrice = position.text("ep")
            update.realisedProfit = position.text("cr")
            events.positions.append(update)
            origin.item += 1
        }
    }

    /// Reads the members that positions of both events have.
    private mutating func position(
        _ fields: BinanceFields,
        _ element: JSONValue,
        _ origin: EventOrigin,
        _ time: UnixNanoseconds?
    ) throws(BinancePayloadError) -> PositionUpdate {
        var update = PositionUpdate(origin: origin, symbol: symbols.intern(try fields.name("s")))
        update.tsEvent = time
        update.size = fields.text("pa")
        update.unrealisedProfit = fields.text("up")
        update.side = Self.side(fields.text("ps"))
        update.marginMode =
            switch fields.text("mt")?.lowercased() {
            case "cross", "crossed": "cross"
            case let word: word
            }
        update.json = Array(element.bytes)
        return update
    }

    /// The side of a position in hedge mode; in one-way mode, the sign of the size says it.
    static func side(_ text: String?) -> String? {
        switch text {
        case "LONG": "long"
        case "SHORT": "short"
        default: nil
        }
    }

    /// Reads the warning that a position may be liquidated soon.
    private mutating func readMarginCall(
        _ fields: BinanceFields,
        _ origin: EventOrigin,
        _ events: inout MarketEvents
    ) throws(BinancePayloadError) {
        let time = events.time(try fields.integer("E"), origin, nil)
        var call = MarginUpdate(origin: origin, login: 0)
        call.tsEvent = time
        call.state = .marginCall
        var place = origin
        for element in try fields.elements("p") {
            let position = try BinanceFields(element.bytes)
            var update = try self.position(position, element, place, time)
            update.markPrice = position.text("mp")
            update.maintenanceMargin = position.text("mm")
            events.positions.append(update)
            place.item += 1
        }
        events.marginUpdates.append(call)
    }

    /// Reads a change of an order, or an execution of it.
    private mutating func readOrder(
        _ fields: BinanceFields,
        _ origin: EventOrigin,
        _ events: inout MarketEvents
    ) throws(BinancePayloadError) {
        let order = try fields.object("o")
        guard let record = fields["o"] else { return }
        let symbol = symbols.intern(try order.name("s"))
        // A ticket is a 64-bit number; the record keeps any other.
        var update = OrderUpdate(origin: origin, ticket: order["i"]?.integer ?? 0)
        update.symbol = symbol
        update.change = Self.change(execution: order.text("x"), state: order.text("X"))
        update.tsEvent = events.time(try order.integer("T"), origin, symbol)
        update.command = [order.text("S"), order.text("o")].compactMap { $0 }.joined(separator: " ")
        update.state = order.text("X")
        update.reason = order.text("x")
        update.volumeLots = order.text("q")
        update.openPrice = order.text("p")
        update.commission = order.text("n")
        update.profit = order.text("rp")
        update.json = Array(record.bytes)
        events.orderUpdates.append(update)
    }

    private static func change(execution: String?, state: String?) -> OrderChange? {
        switch execution {
        case "NEW": .opened
        case "TRADE", "CALCULATED": state == "FILLED" ? .closed : .updated
        case "AMENDMENT": .updated
        case "CANCELED", "EXPIRED", "REJECTED": .deleted
        default: nil
        }
    }
}
