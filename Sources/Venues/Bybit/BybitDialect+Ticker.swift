import JSONScanning
import MarketModel

extension BybitDialect {
    /// Reads a ticker of contracts: a snapshot, then deltas in which a missing member is unchanged.
    ///
    /// Each member that a message has becomes a statistic. The funding rate and the time of the next payment belong
    /// together, so a change of either one reports both. A ticker of spot has nothing of this, and its best prices come
    /// from `orderbook.1`.
    mutating func readTicker(
        _ message: BybitEnvelope,
        _ index: Int,
        _ origin: EventOrigin,
        _ events: inout MarketEvents
    ) throws(BybitPayloadError) {
        guard let data = message.data, data.kind == .object else {
            throw BybitPayloadError(reason: "a ticker without data")
        }
        guard product != .spot, let symbol = topics[index].symbol else { return }
        let fields: BybitTickerFields
        do throws(JSONError) {
            fields = try BybitTickerFields(data)
        } catch {
            throw BybitPayloadError(reason: error.description)
        }
        let time = moment(message.engineTime ?? message.pushTime)
        if message.type?.equals("snapshot") == true { topics[index].ticker = BybitTickerState() }
        var item = origin
        noteFunding(fields, index, time, &item, &events)
        let others: [(InstrumentStatistic.Kind, JSONValue?)] = [
            (.markPrice, fields.markPrice), (.indexPrice, fields.indexPrice), (.openInterest, fields.openInterest),
        ]
        for (kind, value) in others {
            guard let value = number(value) else { continue }
            events.statistics.append(
                InstrumentStatistic(origin: item, symbol: symbol, kind: kind, tsEvent: time, value: value)
            )
            item.item += 1
        }
    }

    private mutating func noteFunding(
        _ fields: BybitTickerFields,
        _ index: Int,
        _ time: UnixNanoseconds?,
        _ item: inout EventOrigin,
        _ events: inout MarketEvents
    ) {
        guard let symbol = topics[index].symbol else { return }
        let before = topics[index].ticker
        if let rate = number(fields.fundingRate) { topics[index].ticker.fundingRate = rate }
        // Dated contracts have no funding: the rate is empty, and the time is 0.
        if let next = fields.nextFundingTime, !next.bytes.isEmpty, next.integer != 0, let moment = moment(next) {
            topics[index].ticker.nextFunding = moment
        }
        let state = topics[index].ticker
        guard let rate = state.fundingRate, Self.hasText(fields.fundingRate) || state != before else { return }
        var statistic = InstrumentStatistic(
            origin: item,
            symbol: symbol,
            kind: .fundingRate,
            tsEvent: time,
            value: rate
        )
        statistic.tsNext = state.nextFunding
        events.statistics.append(statistic)
        item.item += 1
    }

    private static func hasText(_ value: JSONValue?) -> Bool { value.map { !$0.bytes.isEmpty && !$0.isNull } ?? false }

    /// The decimal of a member; `nil` if it is missing or empty, with a problem if it is no number.
    private mutating func number(_ value: JSONValue?) -> FixedDecimal? {
        guard Self.hasText(value) else { return nil }
        guard let number = Self.decimal(value) else {
            problem = "a ticker whose price, rate or interest is no number"
            return nil
        }
        return number
    }
}

/// The members of a ticker that become statistics; the last of repeated members counts.
struct BybitTickerFields {
    var fundingRate: JSONValue?
    var nextFundingTime: JSONValue?
    var markPrice: JSONValue?
    var indexPrice: JSONValue?
    var openInterest: JSONValue?

    init(_ data: JSONValue) throws(JSONError) {
        var cursor = JSONCursor(data)
        try cursor.enterObject()
        while let key = try cursor.nextKey() {
            let value = try cursor.nextValue()
            if key.equals("fundingRate") {
                fundingRate = value
            } else if key.equals("nextFundingTime") {
                nextFundingTime = value
            } else if key.equals("markPrice") {
                markPrice = value
            } else if key.equals("indexPrice") {
                indexPrice = value
            } else if key.equals("openInterest") {
                openInterest = value
            }
        }
    }
}
