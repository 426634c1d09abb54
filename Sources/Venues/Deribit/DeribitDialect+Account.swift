import JSONScanning
import MarketModel

// What belongs to an account: `user.portfolio`, `user.orders`, `user.trades` and `user.changes`.
extension DeribitDialect {
    /// Reads a portfolio: the figures of one currency, and those of all currencies together if they share margin.
    ///
    /// Deribit gives no time, no account number and no margin call. Everything else is in the event.
    mutating func readPortfolio(
        _ data: JSONValue?,
        _ origin: EventOrigin,
        _ events: inout MarketEvents
    ) throws(JSONError) {
        var (item, eventItem) = (origin, origin)
        try DeribitValue.forEachElement(of: data) { element throws(JSONError) in
            let fields = try DeribitObject(element)
            guard let currency = fields.text("currency") else {
                throw JSONError(offset: 0, detail: "a portfolio without a currency")
            }
            var update = MarginUpdate(origin: item, login: 0)
            update.asset = currency
            update.group = fields.text("margin_model")
            update.texts.balance = fields.text("balance")
            update.texts.equity = fields.text("equity")
            update.texts.margin = fields.text("initial_margin")
            update.texts.marginFree = fields.text("available_funds")
            Self.append(update, &item, &events)
            if fields["cross_collateral_enabled"]?.boolean == true, let equity = fields.text("total_equity_usd") {
                var whole = MarginUpdate(origin: item, login: 0)
                whole.group = update.group
                whole.texts.equity = equity
                whole.texts.margin = fields.text("total_initial_margin_usd")
                Self.append(whole, &item, &events)
            }
            events.venueEvents.append(
                VenueEvent(origin: eventItem, kind: "user.portfolio", json: Array(element.bytes))
            )
            eventItem.item += 1
        }
    }

    private static func append(_ update: MarginUpdate, _ item: inout EventOrigin, _ events: inout MarketEvents) {
        var update = update
        update.balance = update.texts.balance.flatMap { FixedDecimal($0) }
        update.equity = update.texts.equity.flatMap { FixedDecimal($0) }
        update.margin = update.texts.margin.flatMap { FixedDecimal($0) }
        update.marginFree = update.texts.marginFree.flatMap { FixedDecimal($0) }
        events.marginUpdates.append(update)
        item.item += 1
    }

    mutating func readOrders(
        _ data: JSONValue?,
        _ origin: EventOrigin,
        _ events: inout MarketEvents
    ) throws(JSONError) {
        var item = origin
        try readOrders(data, &item, &events)
    }

    mutating func readFills(
        _ data: JSONValue?,
        _ origin: EventOrigin,
        _ events: inout MarketEvents
    ) throws(JSONError) {
        var item = origin
        try readFills(data, &item, &events)
    }

    /// Reads `{"instrument_name":…,"trades":[…],"positions":[…],"orders":[…]}`.
    mutating func readChanges(
        _ data: JSONValue?,
        _ origin: EventOrigin,
        _ events: inout MarketEvents
    ) throws(JSONError) {
        guard let data else { throw JSONError(offset: 0, detail: "the message has no data") }
        let fields = try DeribitObject(data)
        var item = origin
        if let orders = fields["orders"] { try readOrders(orders, &item, &events) }
        if let fills = fields["trades"] { try readFills(fills, &item, &events) }
        guard let positions = fields["positions"] else { return }
        item = origin
        try DeribitValue.forEachElement(of: positions) { element throws(JSONError) in
            try readPosition(element, item, &events)
            item.item += 1
        }
    }

    // MARK: Elements

    private mutating func readOrders(
        _ data: JSONValue?,
        _ item: inout EventOrigin,
        _ events: inout MarketEvents
    ) throws(JSONError) {
        try DeribitValue.forEachElement(of: data) { element throws(JSONError) in
            let fields = try DeribitObject(element)
            var update = try orderUpdate(fields, element, item)
            let state = fields.text("order_state")
            update.state = state
            update.change = state.flatMap { Self.change($0, isNew: fields.text("replaced") != "true") }
            if update.change == .opened, fields.decimal("filled_amount")?.isZero == false { update.change = .updated }
            update.reason = fields.text("cancel_reason") ?? fields.text("reject_reason")
            update.closePrice = fields.text("average_price")
            update.stopLoss = fields.text("trigger_price")
            update.tsOpen = moment(fields["creation_timestamp"])
            update.tsEvent = moment(fields["last_update_timestamp"])
            if update.change == .closed || update.change == .deleted { update.tsClose = update.tsEvent }
            events.orderUpdates.append(update)
            item.item += 1
        }
    }

    /// Reads fills: each is an update of its order, with the amount and the price of the fill.
    private mutating func readFills(
        _ data: JSONValue?,
        _ item: inout EventOrigin,
        _ events: inout MarketEvents
    ) throws(JSONError) {
        try DeribitValue.forEachElement(of: data) { element throws(JSONError) in
            let fields = try DeribitObject(element)
            var update = try orderUpdate(fields, element, item)
            update.state = fields.text("state")
            update.change = update.state == "filled" ? .closed : .updated
            update.reason = "trade"
            update.commission = fields.text("fee")
            update.tsEvent = moment(fields["timestamp"])
            if update.change == .closed { update.tsClose = update.tsEvent }
            events.orderUpdates.append(update)
            item.item += 1
        }
    }

    /// What an order and a fill have in common.
    private mutating func orderUpdate(
        _ fields: DeribitObject,
        _ element: JSONValue,
        _ item: EventOrigin
    ) throws(JSONError) -> OrderUpdate {
        guard let id = fields.text("order_id") else { throw JSONError(offset: 0, detail: "'order_id' is missing") }
        var update = OrderUpdate(origin: item, ticket: Self.ticket(id))
        update.symbol = try symbol(fields["instrument_name"])
        update.command = [fields.text("direction"), fields.text("order_type")].compactMap { $0 }.joined(separator: " ")
        update.volumeLots = fields.text("amount")
        update.openPrice = fields.text("price")
        update.profit = fields.text("profit_loss")
        update.json = Array(element.bytes)
        return update
    }

    /// The number in an order's ID, such as `584827850` or `ETH-584864807`; 0 if it has none.
    static func ticket(_ id: String) -> Int64 {
        let digits = id.split(separator: "-").last ?? ""
        return digits.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int64(digits) ?? 0 : 0
    }

    private static func change(_ state: String, isNew: Bool) -> OrderChange? {
        switch state {
        case "open", "untriggered": isNew ? .opened : .updated
        case "triggered": .updated
        case "filled": .closed
        case "cancelled", "rejected": .deleted
        default: nil
        }
    }

    private mutating func readPosition(
        _ element: JSONValue,
        _ item: EventOrigin,
        _ events: inout MarketEvents
    ) throws(JSONError) {
        let fields = try DeribitObject(element)
        // The sign of the size is the side.
        var update = PositionUpdate(origin: item, symbol: try symbol(fields["instrument_name"]))
        update.size = fields.text("size")
        update.entryPrice = fields.text("average_price")
        update.markPrice = fields.text("mark_price")
        update.liquidationPrice = fields.text("estimated_liquidation_price")
        update.unrealisedProfit = fields.text("floating_profit_loss")
        update.realisedProfit = fields.text("realized_profit_loss")
        update.initialMargin = fields.text("initial_margin")
        update.maintenanceMargin = fields.text("maintenance_margin")
        update.leverage = fields.text("leverage")
        update.json = Array(element.bytes)
        events.positions.append(update)
    }
}
