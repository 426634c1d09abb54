import JSONScanning
import MarketModel
import SignalRProtocol

// Rare payloads: bars, orders, contract details, the state of the hub's own link.
extension MT4Normaliser {
    /// Reads `OnTicksOHLC`: bars made by the venue, flat or nested like ticks.
    mutating func readBars(
        _ record: HubRecord,
        origin: inout EventOrigin,
        events: inout MarketEvents
    ) throws(JSONError) {
        guard let arguments = record.argumentList, let list = try MT4Arguments.list("ticks", in: arguments) else {
            appendOddity("OnTicksOHLC", reason: "no ticks", origin: &origin, events: &events)
            return
        }
        _ = platforms.isOwn(list.platform)
        guard list.value.kind == .array else {
            return try appendBar(list.value, origin: &origin, events: &events)
        }
        var cursor = JSONCursor(list.value)
        try cursor.enterArray()
        while try cursor.nextElement() { try appendBar(try cursor.nextValue(), origin: &origin, events: &events) }
    }

    private mutating func appendBar(
        _ element: JSONValue,
        origin: inout EventOrigin,
        events: inout MarketEvents
    ) throws(JSONError) {
        let outer = try MT4Object(element)
        guard let object = try MT4Object(outer?["tick"]) ?? outer else {
            appendOddity("OnTicksOHLC", reason: "the bar is null", origin: &origin, events: &events)
            return
        }
        guard let symbol = object["symbol"], symbol.kind == .string, !symbol.bytes.isEmpty else {
            appendOddity("OnTicksOHLC", reason: "a bar without a symbol", origin: &origin, events: &events)
            return
        }
        var bar = VenueBar(origin: origin, symbol: intern(symbol))
        let time = clock.read(object["lastTime"])
        bar.tsEvent = time.moment
        bar.tickCount = object.integer("volume")
        let edges = try (open: MT4Object(object["open"]), close: MT4Object(object["close"]))
        let extremes = try (high: MT4Object(object["maximum"]), low: MT4Object(object["minimum"]))
        bar.bid.open = edges.open?.decimal("bid")
        bar.bid.high = extremes.high?.decimal("bid")
        bar.bid.low = extremes.low?.decimal("bid")
        bar.bid.close = edges.close?.decimal("bid")
        bar.ask.open = edges.open?.decimal("ask")
        bar.ask.high = extremes.high?.decimal("ask")
        bar.ask.low = extremes.low?.decimal("ask")
        bar.ask.close = edges.close?.decimal("ask")
        guard !bar.bid.all.isEmpty || !bar.ask.all.isEmpty else {
            appendOddity("OnTicksOHLC", reason: "a bar without prices", origin: &origin, events: &events)
            return
        }
        events.venueBars.append(bar)
        origin.item += 1
        if time == .unreadable { appendBadTimes(["lastTime"], kind: "OnTicksOHLC", origin: &origin, events: &events) }
    }

    /// Reads an item of `StreamTrades`.
    mutating func readTrade(
        _ item: UnsafeRawBufferPointer,
        origin: inout EventOrigin,
        events: inout MarketEvents
    ) throws(JSONError) {
        let object = try MT4Object(item)
        guard let ticket = object.integer("order") else {
            appendOddity("StreamTrades", reason: "an order without a number", origin: &origin, events: &events)
            return
        }
        var update = OrderUpdate(origin: origin, ticket: ticket)
        update.login = object.integer("login")
        update.change = change(of: object)
        update.symbol = object["symbol"].flatMap { $0.kind == .string ? intern($0) : nil }
        var badTimes: [StaticString] = []
        func time(_ name: StaticString) -> UnixNanoseconds? {
            let time = clock.read(object[name])
            if time == .unreadable { badTimes.append(name) }
            return time.moment
        }
        update.tsEvent = time("timeStamp")
        update.command = object.word("tradeCommand", of: MT4Words.tradeCommand)
        update.state = object.word("tradeRecordState", of: MT4Words.tradeState)
        update.reason = object.word("tradeRecordReason", of: MT4Words.tradeReason)
        update.volumeLots = object.text("volumeLots")
        update.openPrice = object.text("openPrice")
        update.closePrice = object.text("closePrice")
        update.stopLoss = object.text("sl")
        update.takeProfit = object.text("tp")
        update.commission = object.text("commission")
        update.swap = object.text("storage")
        update.profit = object.text("profit")
        update.tsOpen = time("openTime")
        update.tsClose = time("closeTime")
        update.tsExpires = time("expiration")
        update.json = stored(item)
        events.orderUpdates.append(update)
        origin.item += 1
        appendBadTimes(badTimes, kind: "StreamTrades", origin: &origin, events: &events)
    }

    /// Returns the change of an order.
    ///
    /// By the hub's page, an update with login 0 means that the order was deleted.
    private func change(of object: MT4Object) -> OrderChange? {
        switch object.word("updateType", of: MT4Words.transaction) ?? object.word("type", of: MT4Words.transaction) {
        case "Add": .opened
        case "Delete": .closed
        case "Update": object.integer("login") == 0 ? .deleted : .updated
        default: nil
        }
    }

    /// Reads `OnSymbolUpdate`: an event, and the new details of the instrument.
    mutating func readSymbol(
        _ record: HubRecord,
        origin: inout EventOrigin,
        events: inout MarketEvents
    ) throws(JSONError) {
        var symbol: SymbolIndex?
        if let arguments = record.arguments, let payload = try MT4Arguments.object(in: arguments) {
            _ = platforms.isOwn(payload["tradePlatform"])
            // The details are a member of the payload, or the payload itself.
            let details = try MT4Object(payload["symbol"]) ?? payload
            if let name = details["symbol"], name.kind == .string, !name.bytes.isEmpty {
                let index = intern(name)
                symbol = index
                let digits = details.integer("digits").flatMap { (0...18).contains($0) ? UInt8($0) : nil }
                events.instrumentDetails.append(
                    InstrumentDetails(
                        origin: origin,
                        symbol: index,
                        priceDigits: digits,
                        sessions: try MT4Sessions.read(details["sessions"]),
                        json: stored(details.bytes)
                    )
                )
            }
        }
        let kind = record.target?.text ?? "OnSymbolUpdate"
        appendEvent(kind, record.arguments, symbol: symbol, origin: &origin, events: &events)
    }

    /// Records a change of the link between the hub and its trade server, from `OnMT4ConnectionStatus` and
    /// `OnMT5ConnectionStatus`.
    ///
    /// MT4's callback is documented with one object, MT5's with two arguments; both forms are read for both. The state
    /// of another trade server is ignored.
    mutating func noteLink(
        _ record: HubRecord,
        target: JSONValue,
        origin: EventOrigin,
        events: inout MarketEvents
    ) throws(JSONError) {
        let isStatus =
            target.equalsIgnoringCase("OnMT4ConnectionStatus")
            || target.equalsIgnoringCase("OnMT5ConnectionStatus")
        guard isStatus, let arguments = record.arguments else { return }
        let values = try MT4Arguments.values(in: arguments)
        let object = try MT4Object(values.first { $0.kind == .object })
        let state = object.map { $0["connected"] } ?? (values.count > 1 ? values[1] : nil)
        let platform = object.map { $0["tradePlatform"] } ?? values.first
        guard let isUp = state?.flag, platforms.isOwn(platform, hasData: false) else { return }
        let server = target.equalsIgnoringCase("OnMT5ConnectionStatus") ? "MT5" : "MT4"
        events.linkChanges.append(
            LinkChange(
                origin: origin,
                isUp: isUp,
                detail: "the hub \(isUp ? "is connected to" : "lost") its \(server) server"
            )
        )
    }
}
