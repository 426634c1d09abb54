import JSONScanning
import MarketModel

// Messages of the private endpoint (v5 "Private": wallet, position, order, execution).
extension BybitDialect {
    mutating func readAccount(
        _ message: BybitEnvelope,
        _ index: Int,
        _ origin: EventOrigin,
        _ events: inout MarketEvents
    ) throws(BybitPayloadError) {
        let created = moment(message.creationTime)
        let kind = topics[index].topic.kind
        var origin = origin
        try Self.forEachElement(of: message.data) { cursor throws(JSONError) in
            let element = try cursor.nextValue()
            var members = JSONCursor(element)
            let fields = BybitFields(try members.members())
            switch kind {
            case .wallet: take(wallet: fields, created, origin, &events)
            case .orders: take(order: fields, element.bytes, created, origin, &events)
            case .positions: take(position: fields, element.bytes, created, origin, &events)
            default: break
            }
            // The rows of orders and positions have their own JSON.
            if kind == .wallet || kind == .executions {
                let symbol = fields.text("symbol").map { symbols.intern($0) }
                events.venueEvents.append(
                    VenueEvent(
                        origin: origin,
                        kind: kind == .wallet ? "wallet" : "execution",
                        symbol: symbol,
                        json: Array(element.bytes)
                    )
                )
            }
            origin.item += 1
        }
    }

    /// Takes an account of the message `wallet`; amounts are in USD.
    ///
    /// Bybit gives no number of the account, so ``MarginUpdate/login`` is 0. It gives no margin level either: the ratio
    /// `accountMMRate` is in the event `wallet`.
    private mutating func take(
        wallet fields: BybitFields,
        _ created: UnixNanoseconds?,
        _ origin: EventOrigin,
        _ events: inout MarketEvents
    ) {
        var update = MarginUpdate(origin: origin, login: 0)
        update.group = fields.text("accountType")
        update.asset = "USD"
        update.tsEvent = created
        update.texts.balance = fields.text("totalWalletBalance")
        update.texts.equity = fields.text("totalEquity")
        update.texts.margin = fields.text("totalInitialMargin")
        update.texts.marginFree = fields.text("totalAvailableBalance")
        update.balance = update.texts.balance.flatMap { FixedDecimal($0) }
        update.equity = update.texts.equity.flatMap { FixedDecimal($0) }
        update.margin = update.texts.margin.flatMap { FixedDecimal($0) }
        update.marginFree = update.texts.marginFree.flatMap { FixedDecimal($0) }
        guard update.balance != nil || update.equity != nil else {
            problem = "a wallet without a balance or equity"
            return
        }
        events.marginUpdates.append(update)
    }

    private mutating func take(
        order fields: BybitFields,
        _ json: UnsafeRawBufferPointer,
        _ created: UnixNanoseconds?,
        _ origin: EventOrigin,
        _ events: inout MarketEvents
    ) {
        guard let id = fields.text("orderId") else {
            problem = "an order without an ID"
            return
        }
        let status = fields.text("orderStatus")
        var update = OrderUpdate(origin: origin, ticket: Self.ticket(id))
        update.change = status.flatMap(Self.change)
        update.symbol = fields.text("symbol").map { symbols.intern($0) }
        update.tsEvent = moment(fields.filled("updatedTime")) ?? created
        update.command = Self.command(fields)
        update.state = status
        update.reason = fields.text("rejectReason").flatMap { $0 == "EC_NoError" ? nil : $0 }
        update.volumeLots = fields.text("qty")
        update.openPrice = fields.text("price")
        update.closePrice = fields.text("avgPrice")
        update.stopLoss = fields.text("stopLoss")
        update.takeProfit = fields.text("takeProfit")
        update.commission = fields.text("cumExecFee")
        update.tsOpen = moment(fields.filled("createdTime"))
        update.json = Array(json)
        events.orderUpdates.append(update)
    }

    private mutating func take(
        position fields: BybitFields,
        _ json: UnsafeRawBufferPointer,
        _ created: UnixNanoseconds?,
        _ origin: EventOrigin,
        _ events: inout MarketEvents
    ) {
        guard let symbol = fields.text("symbol") else {
            problem = "a position without a symbol"
            return
        }
        var update = PositionUpdate(origin: origin, symbol: symbols.intern(symbol))
        update.tsEvent = moment(fields.filled("updatedTime")) ?? created
        // A closed position has no side.
        update.side = fields.text("side").map { $0 == "Buy" ? "long" : $0 == "Sell" ? "short" : $0 }
        update.size = fields.text("size")
        update.entryPrice = fields.text("entryPrice")
        update.markPrice = fields.text("markPrice")
        update.liquidationPrice = fields.text("liqPrice")
        update.unrealisedProfit = fields.text("unrealisedPnl")
        update.realisedProfit = fields.text("curRealisedPnl")
        update.initialMargin = fields.text("positionIM")
        update.maintenanceMargin = fields.text("positionMM")
        update.leverage = fields.text("leverage")
        update.marginMode = fields.text("tradeMode").map { $0 == "0" ? "cross" : $0 == "1" ? "isolated" : $0 }
        update.json = Array(json)
        events.positions.append(update)
    }

    /// The number of an order: that of spot; for a UUID, a hash of it (FNV-1a, 63 bits), which is the same in every
    /// message of the order.
    static func ticket(_ id: String) -> Int64 {
        if let number = Int64(id) { return number }
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in id.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        return Int64(hash >> 1)
    }

    private static func change(_ status: String) -> OrderChange? {
        switch status {
        case "New", "Untriggered": .opened
        case "PartiallyFilled", "Triggered": .updated
        case "Filled": .closed
        case "Cancelled", "PartiallyFilledCanceled", "Rejected", "Deactivated": .deleted
        default: nil
        }
    }

    /// `Buy` for a market order, otherwise the side and the type, such as `SellLimit`.
    private static func command(_ fields: BybitFields) -> String? {
        guard let side = fields.text("side") else { return nil }
        let type = fields.text("orderType") ?? "Market"
        return type == "Market" ? side : side + type
    }
}

/// The members of one object of an account message; an empty text means "not applicable".
struct BybitFields {
    private let members: [String: JSONValue]

    init(_ members: [String: JSONValue]) { self.members = members }

    /// A member that is there and not empty.
    func filled(_ name: String) -> JSONValue? {
        members[name].flatMap { $0.isNull || $0.bytes.isEmpty ? nil : $0 }
    }

    /// The text of a string, or of a number as written.
    func text(_ name: String) -> String? {
        guard let value = filled(name) else { return nil }
        return value.kind == .number ? String(decoding: value.bytes, as: UTF8.self) : value.text
    }
}
