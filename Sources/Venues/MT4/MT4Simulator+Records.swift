extension MT4Simulator {
    /// Writes a record of this kind, and records its meaning in the ledger.
    mutating func write(_ kind: MT4Choice.Kind) {
        switch kind {
        case .tick: writeTick()
        case .ticks: writeTicks()
        case .ticksOHLC: writeBars()
        case .marginUpdate: writeMarginUpdate()
        case .symbolUpdate: writeSymbolUpdate()
        case .onlineUpdate: writeOnlineUpdate()
        case .debug: writeDebug()
        case .unknown: writeUnknown()
        case .connectionStatus: writeConnectionStatus()
        case .symbolInfoItem: writeSymbolInfoItem()
        case .marginLevelItem: writeMarginLevelItem()
        case .tradeItem: writeTradeItem()
        case .userUpdateItem: writeUserUpdateItem()
        }
    }

    // MARK: Quotes and bars

    private mutating func writeTick() {
        writer.beginEvent("OnTick")
        writer.open("tick")
        writeTick(of: anyOf(choice.tickInstruments))
        writer.close()
        writer.endEvent()
    }

    private mutating func writeTicks() {
        writer.beginEvent("OnTicks")
        writer.openArray("ticks")
        for _ in 0..<2 + draw(below: 4) {
            writer.open()
            writer.json("tradePlatform", writer.platform)
            writer.open("tick")
            writeTick(of: anyOf(choice.tickInstruments))
            writer.close()
            writer.close()
        }
        writer.closeArray()
        writer.endEvent()
    }

    private mutating func writeTick(of index: Int) {
        instruments[index].move(&random)
        instruments[index].writeTick(lastTime: clock.text, to: &writer)
        noteQuote(of: index)
    }

    private mutating func writeBars() {
        writer.beginEvent("OnTicksOHLC")
        writer.openArray("ticks")
        for _ in 0..<1 + draw(below: 3) {
            let index = anyOf(choice.tickInstruments)
            instruments[index].writeBar(lastTime: clock.text, random: &random, to: &writer)
        }
        writer.closeArray()
        writer.endEvent()
        note(.other("OnTicksOHLC"))
    }

    private mutating func writeSymbolInfoItem() {
        writer.beginItem(of: anyOf(choice.streams(of: .symbolInfo)))
        let index = draw(below: instruments.count)
        instruments[index].move(&random)
        instruments[index].writeSymbolInfo(lastTime: clock.text, to: &writer)
        writer.endItem()
        noteQuote(of: index)
    }

    // MARK: Accounts and orders

    private mutating func writeMarginUpdate() {
        writer.beginEvent("OnMarginUpdate")
        writer.openArray("margins")
        for _ in 0..<1 + draw(below: 3) { writeMarginLevel() }
        writer.closeArray()
        writer.endEvent()
    }

    private mutating func writeMarginLevelItem() {
        writer.beginItem(of: anyOf(choice.streams(of: .marginLevel)))
        writeMarginLevel()
        writer.endItem()
    }

    private mutating func writeMarginLevel() {
        let index = draw(below: accounts.count)
        accounts[index].move(&random)
        accounts[index].writeMarginLevel(to: &writer)
        noteMargin(of: index)
    }

    private mutating func writeTradeItem() {
        writer.beginItem(of: anyOf(choice.streams(of: .trade)))
        trades.writeNext(
            login: accounts[draw(below: accounts.count)].login,
            instruments: instruments,
            time: clock.text,
            random: &random,
            to: &writer
        )
        writer.endItem()
        note(.other("StreamTrades"))
    }

    private mutating func writeUserUpdateItem() {
        writer.beginItem(of: anyOf(choice.streams(of: .userUpdate)))
        let account = accounts[draw(below: accounts.count)]
        account.writeUserUpdate(anyOf(MT4Transaction.allCases), time: clock.text, to: &writer)
        writer.endItem()
        note(.other("StreamUserUpdates"))
    }

    // MARK: The rest

    private mutating func writeSymbolUpdate() {
        writer.beginEvent("OnSymbolUpdate")
        writer.choice("type", MT4Transaction.update.choice)
        writer.open("symbol")
        instruments[draw(below: instruments.count)].writeDetails(to: &writer)
        writer.close()
        writer.endEvent()
        note(.other("OnSymbolUpdate"))
    }

    private mutating func writeOnlineUpdate() {
        writer.beginEvent("OnOnlineUpdate")
        writer.choice("type", anyOf([MT4Transaction.add, .delete]).choice)
        writer.number("login", accounts[draw(below: accounts.count)].login)
        writer.endEvent()
        note(.other("OnOnlineUpdate"))
    }

    private mutating func writeDebug() {
        writer.beginEvent("OnDebug")
        writer.text("category", "pump")
        writer.text("message", "ping \(draw(below: 200)) ms")
        writer.json("data", "{\"queue\":0,\"nested\":[{\"ok\":true}]}")
        writer.endEvent()
        note(.other("OnDebug"))
    }

    /// Writes an unknown callback, as a newer hub may have.
    private mutating func writeUnknown() {
        writer.beginEvent("OnMarketNews")
        writer.text("headline", "nothing happened — as usual")
        writer.number("importance", Int64(draw(below: 3)))
        writer.endEvent()
        note(.other("OnMarketNews"))
    }

    /// Reports an outage, or its end.
    private mutating func writeConnectionStatus() {
        let isEnd = isDown
        isDown.toggle()
        if !isEnd { outageMessages = 4 + draw(below: 12) }
        writer.beginEvent("OnMT4ConnectionStatus")
        writer.boolean("connected", isEnd)
        writer.endEvent()
        note(.other("OnMT4ConnectionStatus"))
    }
}
