import Archive
import JSONScanning
import MarketModel

/// The normalised JSON of `/replay`: one object a message, numbers with exactly the digits that were recorded.
enum TapeEventWriter {
    /// Appends the JSON of `event`.
    static func append(_ event: TapeEvent, to output: inout [UInt8]) {
        var object = JSONObjectWriter()
        switch event {
        case .quote(let row, let instrument): append(row, instrument, to: &object)
        case .trade(let row, let instrument): append(row, instrument, to: &object)
        case .margin(let row): append(row, to: &object)
        case .gap(let row): append(row, to: &object)
        }
        object.finish(into: &output)
    }

    private static func append(_ row: QuoteRow, _ instrument: InstrumentRow, to object: inout JSONObjectWriter) {
        object.text("type", "quote")
        appendTick(row.tsRecv, row.tsEvent, instrument, to: &object)
        object.decimal("bid_price", row.bidPrice, instrument.priceDigits)
        object.decimal("bid_size", row.bidSize, instrument.sizeDigits)
        object.decimal("ask_price", row.askPrice, instrument.priceDigits)
        object.decimal("ask_size", row.askSize, instrument.sizeDigits)
        object.integer("sequence", row.sequence)
        object.integer("message_index", row.messageIndex)
    }

    private static func append(_ row: TradeRow, _ instrument: InstrumentRow, to object: inout JSONObjectWriter) {
        object.text("type", "trade")
        appendTick(row.tsRecv, row.tsEvent, instrument, to: &object)
        object.decimal("price", row.price, instrument.priceDigits)
        object.decimal("size", row.size, instrument.sizeDigits)
        object.text("aggressor_side", row.aggressorSide.map { $0 == .buyer ? "buyer" : "seller" })
        object.integer("trade_id", row.tradeID)
        object.integer("message_index", row.messageIndex)
    }

    private static func appendTick(
        _ tsRecv: UnixNanoseconds,
        _ tsEvent: UnixNanoseconds?,
        _ instrument: InstrumentRow,
        to object: inout JSONObjectWriter
    ) {
        object.integer("ts_recv", tsRecv.rawValue)
        object.integer("ts_event", tsEvent?.rawValue)
        object.text("venue", instrument.venue)
        object.text("symbol", instrument.symbol)
    }

    private static func append(_ row: MarginUpdateRow, to object: inout JSONObjectWriter) {
        object.text("type", "margin_update")
        object.integer("ts_recv", row.tsRecv.rawValue)
        object.integer("ts_event", row.tsEvent?.rawValue)
        object.integer("login", row.login)
        object.text("account_group", row.accountGroup)
        object.integer("leverage", row.leverage)
        for (name, value, text) in [
            ("balance", row.balance, row.texts.balance), ("equity", row.equity, row.texts.equity),
            ("volume", row.volume, row.texts.volume), ("margin", row.margin, row.texts.margin),
            ("margin_free", row.marginFree, row.texts.marginFree),
            ("margin_level", row.marginLevel, row.texts.marginLevel),
        ] {
            object.decimal(name, value, row.digits)
            if value == nil, let text { object.amount(name, text) }
        }
        object.text("state", row.state.map(Self.text))
        object.integer("message_index", row.messageIndex)
    }

    private static func text(of state: MarginState) -> String {
        switch state {
        case .ok: "ok"
        case .marginCall: "margin_call"
        case .stopOut: "stop_out"
        }
    }

    private static func append(_ row: GapRow, to object: inout JSONObjectWriter) {
        object.text("type", "gap")
        object.integer("ts_from", row.tsFrom.rawValue)
        object.integer("ts_to", row.tsTo?.rawValue)
        object.text("cause", row.cause)
        object.text("detail", row.detail)
    }
}

extension JSONObjectWriter {
    /// An amount that no mantissa holds, as the venue wrote it: a number where it is one.
    fileprivate mutating func amount(_ name: String, _ text: String) {
        var text = text
        let isNumber = text.withUTF8 { bytes in
            var cursor = JSONCursor(UnsafeRawBufferPointer(bytes))
            return (try? cursor.nextValue())?.kind == .number && (try? cursor.expectEnd()) != nil
        }
        if isNumber { raw(name, text) } else { self.text(name, text) }
    }

    /// A number with exactly `digits` digits behind the point.
    mutating func decimal(_ name: String, _ mantissa: Int64?, _ digits: UInt8) {
        raw(name, mantissa.map { FixedDecimal(mantissa: $0, digits: digits).description })
    }
}
