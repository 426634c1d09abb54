import JSONScanning
import MarketModel

// Turns the values of a matched message into rows.
extension MappingReader {
    /// Takes the values of one message, or of one element of its lists.
    mutating func take(_ entry: Entry, _ slots: Slots, _ message: inout Message, _ events: inout MarketEvents) {
        do throws(MappingFailure) {
            switch entry.plan.mapping.kind {
            case .trade: try takeTrade(entry, slots, &message, &events)
            case .quote: try takeQuote(entry, slots, &message, &events)
            case .book: takeBook(entry, slots, &message, &events)
            case .funding: try takeStatistic(.fundingRate, entry, slots, &message, &events)
            case .mark: try takeStatistic(.markPrice, entry, slots, &message, &events)
            case .index: try takeStatistic(.indexPrice, entry, slots, &message, &events)
            case .openInterest: try takeStatistic(.openInterest, entry, slots, &message, &events)
            case .liquidation: try takeStatistic(.liquidation, entry, slots, &message, &events)
            case .event: try takeEvent(entry, slots, &message, &events)
            case .accepted: findings.accepted.append(name(entry, slots))
            case .refused: takeRefusal(entry, slots, &message, &events)
            case .ping: takePing(entry, slots)
            case .ignore: break
            }
        } catch {
            fail(error.reason, &message, &events)
        }
    }

    @inline(__always)
    private mutating func takeTrade(
        _ entry: Entry,
        _ slots: Slots,
        _ message: inout Message,
        _ events: inout MarketEvents
    ) throws(MappingFailure) {
        let price = try requiredDecimal(.price, entry, slots)
        let (size, sign) = try tradeSize(entry, slots)
        let symbol = try symbol(entry, slots)
        var trade = Trade(
            origin: message.next(),
            symbol: symbol,
            tsEvent: nil,
            price: price,
            size: size,
            aggressorSide: sign,
            tradeID: integer(.id, entry, slots)
        )
        trade.tsEvent = time(.time, entry, slots, &message, &events)
        if sign == nil { trade.aggressorSide = side(entry, slots, &message, &events) }
        if entry.plan.mapping.isHistory { trade.administrativeKind = "history" }
        events.trades.append(trade)
    }

    /// The size of a trade, and the side if its sign shows it.
    @inline(__always)
    private func tradeSize(
        _ entry: Entry,
        _ slots: Slots
    ) throws(MappingFailure) -> (size: FixedDecimal, side: AggressorSide?) {
        let size = try requiredDecimal(.size, entry, slots)
        guard entry.plan.mapping.hasSignedSizes else {
            guard size.mantissa >= 0 else { throw MappingFailure(reason: "'size' is negative") }
            return (size, nil)
        }
        guard size.mantissa != .min else { throw MappingFailure(reason: "'size' does not fit") }
        return (FixedDecimal(mantissa: abs(size.mantissa), digits: size.digits), size.mantissa < 0 ? .seller : .buyer)
    }

    @inline(__always)
    private mutating func takeQuote(
        _ entry: Entry,
        _ slots: Slots,
        _ message: inout Message,
        _ events: inout MarketEvents
    ) throws(MappingFailure) {
        let bid = try decimal(.bid, entry, slots)
        let ask = try decimal(.ask, entry, slots)
        guard bid != nil || ask != nil else {
            let paths = [Field.bid, .ask].compactMap { entry.plan.mapping.fields[$0]?.text }
            throw MappingFailure(reason: "'bid' and 'ask' (\(paths.joined(separator: ", "))) are missing")
        }
        let bidSize = try size(.bidSize, entry, slots)
        let askSize = try size(.askSize, entry, slots)
        let symbol = try symbol(entry, slots)
        let origin = message.next()
        events.quotes.append(
            Quote(
                origin: origin,
                symbol: symbol,
                tsEvent: time(.time, entry, slots, &message, &events),
                bidPrice: bid,
                bidSize: bidSize,
                askPrice: ask,
                askSize: askSize,
                sequence: integer(.sequence, entry, slots)
            )
        )
    }

    private mutating func takeStatistic(
        _ kind: InstrumentStatistic.Kind,
        _ entry: Entry,
        _ slots: Slots,
        _ message: inout Message,
        _ events: inout MarketEvents
    ) throws(MappingFailure) {
        let isLiquidation = kind == .liquidation
        let value = try requiredDecimal(isLiquidation ? .price : .value, entry, slots)
        let (size, sign) = isLiquidation ? try tradeSize(entry, slots) : (nil, nil)
        let symbol = try symbol(entry, slots)
        let origin = message.next()
        let time = time(.time, entry, slots, &message, &events)
        var statistic = InstrumentStatistic(origin: origin, symbol: symbol, kind: kind, tsEvent: time, value: value)
        statistic.size = size
        statistic.side = sign
        if isLiquidation, sign == nil { statistic.side = side(entry, slots, &message, &events) }
        if kind == .fundingRate { statistic.tsNext = self.time(.next, entry, slots, &message, &events) }
        events.statistics.append(statistic)
    }

    private mutating func takeEvent(
        _ entry: Entry,
        _ slots: Slots,
        _ message: inout Message,
        _ events: inout MarketEvents
    ) throws(MappingFailure) {
        let hasSymbol = entry.plan.mapping.constantSymbol != nil || value(.symbol, entry, slots) != nil
        let symbol = hasSymbol ? try symbol(entry, slots) : nil
        events.venueEvents.append(
            VenueEvent(
                origin: message.next(),
                kind: entry.plan.mapping.name,
                symbol: symbol,
                json: Array(message.bytes)
            )
        )
    }

    /// A refusal is also kept as an event.
    private mutating func takeRefusal(
        _ entry: Entry,
        _ slots: Slots,
        _ message: inout Message,
        _ events: inout MarketEvents
    ) {
        let reason = value(.reason, entry, slots).map { $0.text ?? String(decoding: $0.bytes, as: UTF8.self) }
        findings.refused.append((name(entry, slots), reason ?? "the venue gave no reason"))
        events.venueEvents.append(VenueEvent(origin: message.next(), kind: "refused", json: Array(message.bytes)))
    }

    private mutating func takePing(_ entry: Entry, _ slots: Slots) {
        guard let answer = entry.plan.mapping.answer else { return }
        let text = answer.message(symbol: "", symbols: [], id: 1) { path in
            guard let slot = entry.plan.answerSlots[path], let value = slots[slot] else { return Array("null".utf8) }
            guard value.kind == .string else { return Array(value.bytes) }
            return [UInt8(ascii: "\"")] + value.bytes + [UInt8(ascii: "\"")]
        }
        findings.answers.append(text)
    }
}
