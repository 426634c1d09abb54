import JSONScanning
import MarketModel

// What belongs to an account: margins, positions and orders.
extension OKXReader {
    /// Reads an element of `account`: one update for the whole account, in US dollars, and one for each currency.
    ///
    /// The values of the whole account are empty in the simple account mode.
    mutating func readAccount(
        _ element: JSONValue,
        _ message: inout Message,
        _ events: inout MarketEvents
    ) throws(JSONError) {
        let fields = try OKXObject(element)
        guard fields["totalEq"] != nil || fields["details"] != nil else {
            throw JSONError(offset: 0, detail: "'totalEq' and 'details' are missing")
        }
        if let equity = fields.text("totalEq") {
            var update = marginUpdate(fields, &message, &events)
            update.texts.equity = equity
            update.texts.margin = fields.text("imr")
            append(update, &events)
            message.item += 1
        }
        if let details = fields["details"], details.kind == .array {
            var cursor = JSONCursor(details)
            try cursor.enterArray()
            while try cursor.nextElement() {
                let detail = try OKXObject(try cursor.nextValue())
                var update = marginUpdate(detail, &message, &events)
                update.asset = detail.text("ccy")
                update.texts.balance = detail.text("cashBal")
                update.texts.equity = detail.text("eq")
                update.texts.margin = detail.text("imr")
                update.texts.marginFree = detail.text("availEq") ?? detail.text("availBal")
                append(update, &events)
                message.item += 1
            }
        }
        // The caller counts the element.
        message.item -= 1
    }

    /// Reads a position that is close to its liquidation: a margin call, and an event with the position.
    mutating func readWarning(
        _ element: JSONValue,
        _ message: inout Message,
        _ events: inout MarketEvents
    ) throws(JSONError) {
        let fields = try OKXObject(element)
        var update = marginUpdate(fields, &message, &events)
        update.state = .marginCall
        update.asset = fields.text("ccy")
        update.leverage = fields["lever"]?.integer
        update.texts.volume = fields.text("pos")
        append(update, &events)
        try appendEvent(element, symbol: symbol(fields["instId"]), &message, &events)
    }

    private func marginUpdate(
        _ fields: OKXObject,
        _ message: inout Message,
        _ events: inout MarketEvents
    ) -> MarginUpdate {
        var update = MarginUpdate(origin: message.next, login: message.argument.user?.integer ?? 0)
        update.tsEvent = time(fields["uTime"], &message, &events)
        return update
    }

    private func append(_ update: MarginUpdate, _ events: inout MarketEvents) {
        var update = update
        update.balance = update.texts.balance.flatMap { FixedDecimal($0) }
        update.equity = update.texts.equity.flatMap { FixedDecimal($0) }
        update.volume = update.texts.volume.flatMap { FixedDecimal($0) }
        update.margin = update.texts.margin.flatMap { FixedDecimal($0) }
        update.marginFree = update.texts.marginFree.flatMap { FixedDecimal($0) }
        events.marginUpdates.append(update)
    }

    /// Reads an element of `balance_and_position`: balances, positions without their margins, and an event.
    mutating func readBalances(
        _ element: JSONValue,
        _ message: inout Message,
        _ events: inout MarketEvents
    ) throws(JSONError) {
        let fields = try OKXObject(element)
        for balance in try Self.objects(fields["balData"]) {
            let values = try OKXObject(balance)
            var update = marginUpdate(values, &message, &events)
            update.asset = values.text("ccy")
            update.texts.balance = values.text("cashBal")
            append(update, &events)
            message.item += 1
        }
        for position in try Self.objects(fields["posData"]) {
            try readPosition(position, &message, &events)
            message.item += 1
        }
        // The caller counts the element.
        message.item -= 1
        try appendEvent(element, &message, &events)
    }

    private static func objects(_ list: JSONValue?) throws(JSONError) -> [JSONValue] {
        guard let list, !OKXField.isAbsent(list) else { return [] }
        var objects: [JSONValue] = []
        var cursor = JSONCursor(list)
        try cursor.enterArray()
        while try cursor.nextElement() { objects.append(try cursor.nextValue()) }
        return objects
    }

    /// Reads an element of `positions`.
    mutating func readPosition(
        _ element: JSONValue,
        _ message: inout Message,
        _ events: inout MarketEvents
    ) throws(JSONError) {
        let fields = try OKXObject(element)
        var update = PositionUpdate(origin: message.next, symbol: try symbol(fields["instId"], of: message))
        update.tsEvent = time(fields["uTime"], &message, &events)
        update.account = fields.text("posId")
        let side = fields.text("posSide")
        update.side = side == "net" ? nil : side
        update.size = fields.text("pos")
        update.entryPrice = fields.text("avgPx")
        update.markPrice = fields.text("markPx")
        update.liquidationPrice = fields.text("liqPx")
        update.unrealisedProfit = fields.text("upl")
        update.realisedProfit = fields.text("realizedPnl")
        update.initialMargin = fields.text("imr") ?? fields.text("margin")
        update.maintenanceMargin = fields.text("mmr")
        update.leverage = fields.text("lever")
        update.marginMode = fields.text("mgnMode")
        update.json = Array(element.bytes)
        events.positions.append(update)
    }

    /// Reads an element of `orders`.
    mutating func readOrder(
        _ element: JSONValue,
        _ message: inout Message,
        _ events: inout MarketEvents
    ) throws(JSONError) {
        let fields = try OKXObject(element)
        guard let number = fields["ordId"] else { throw JSONError(offset: 0, detail: "'ordId' is missing") }
        // A number that needs more than 64 bits is in the record only.
        var update = OrderUpdate(origin: message.next, ticket: number.integer ?? 0)
        update.login = message.argument.user?.integer
        update.symbol = symbol(fields["instId"]) ?? message.symbol
        update.state = fields.text("state")
        update.change = Self.change(fields)
        update.command = [fields.text("side"), fields.text("ordType")].compactMap { $0 }.joined(separator: " ")
        update.reason = fields.text("cancelSource")
        update.volumeLots = fields.text("sz")
        update.openPrice = fields.text("px") ?? fields.text("avgPx")
        update.stopLoss = fields.text("slTriggerPx")
        update.takeProfit = fields.text("tpTriggerPx")
        update.commission = fields.text("fee")
        update.profit = fields.text("pnl")
        update.tsOpen = time(fields["cTime"], &message, &events)
        update.tsEvent = time(fields["uTime"], &message, &events)
        if update.change == .closed || update.change == .deleted { update.tsClose = update.tsEvent }
        update.json = Array(element.bytes)
        events.orderUpdates.append(update)
    }

    private static func change(_ fields: OKXObject) -> OrderChange? {
        switch fields.text("state") {
        case "live": fields.text("cTime") == fields.text("uTime") ? .opened : .updated
        case "partially_filled": .updated
        case "filled": .closed
        case "canceled", "mmp_canceled": .deleted
        default: nil
        }
    }
}

/// The members of an object, in place; for messages that are rare.
struct OKXObject {
    private var members: [(key: UnsafeRawBufferPointer, value: JSONValue)] = []

    init(_ value: JSONValue) throws(JSONError) {
        var cursor = JSONCursor(value)
        try cursor.enterObject()
        while let key = try cursor.nextKey() { members.append((key, try cursor.nextValue())) }
    }

    /// The last member of this name.
    subscript(name: StaticString) -> JSONValue? { members.last { $0.key.equals(name) }?.value }

    /// The text of a member, or a number as written; `nil` if there is none, or if it is empty.
    func text(_ name: StaticString) -> String? {
        guard let value = self[name] else { return nil }
        return value.kind == .number ? String(decoding: value.bytes, as: UTF8.self) : OKXField.text(value)
    }
}
