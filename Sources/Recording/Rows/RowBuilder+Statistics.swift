import Archive
import JSONScanning
import MarketModel

// Events for the numbers that exchanges publish beside quotes and trades; views read them again.
extension RowBuilder {
    mutating func append(
        _ statistic: InstrumentStatistic,
        _ position: RowPosition,
        _ symbols: SymbolTable,
        _ instruments: inout SymbolInstruments
    ) {
        admitListed(statistic.symbol, symbols, &instruments)
        var object = JSONObjectWriter()
        object.text("value", statistic.value.description)
        object.text("size", statistic.size?.description)
        object.text("side", statistic.side.map { $0 == .buyer ? "buyer" : "seller" })
        object.integer("ts_event", statistic.tsEvent?.rawValue)
        object.integer("ts_next", statistic.tsNext?.rawValue)
        append(statistic.kind.eventKind, symbols.text(of: statistic.symbol), object, position)
    }

    mutating func append(_ update: PositionUpdate, _ position: RowPosition, _ symbols: SymbolTable) {
        var object = JSONObjectWriter()
        object.text("account", update.account)
        object.text("side", update.side)
        object.text("size", update.size)
        object.text("entry_price", update.entryPrice)
        object.text("mark_price", update.markPrice)
        object.text("liquidation_price", update.liquidationPrice)
        object.text("unrealised_profit", update.unrealisedProfit)
        object.text("realised_profit", update.realisedProfit)
        object.text("initial_margin", update.initialMargin)
        object.text("maintenance_margin", update.maintenanceMargin)
        object.text("leverage", update.leverage)
        object.text("margin_mode", update.marginMode)
        object.integer("ts_event", update.tsEvent?.rawValue)
        if !update.json.isEmpty { object.raw("record", String(decoding: update.json, as: UTF8.self)) }
        append("position", symbols.text(of: update.symbol), object, position)
    }

    mutating func append(
        _ kind: String,
        _ symbol: String,
        _ object: JSONObjectWriter,
        _ position: RowPosition
    ) {
        appendEvent(
            EventRow(
                tsRecv: position.tsRecv,
                messageIndex: position.messageIndex,
                item: position.item,
                feedID: feedID,
                kind: kind,
                symbol: symbol,
                json: Array(object.text().utf8)
            ),
            position
        )
    }
}

extension InstrumentStatistic.Kind {
    /// The kind of the event, which the views of schema 6 read.
    fileprivate var eventKind: String {
        switch self {
        case .fundingRate: "funding_rate"
        case .markPrice: "mark_price"
        case .indexPrice: "index_price"
        case .openInterest: "open_interest"
        case .liquidation: "liquidation"
        }
    }
}
