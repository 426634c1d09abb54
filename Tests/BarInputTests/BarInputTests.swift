import Archive
import BarBuilding
import BarInput
import MarketModel
import Testing

/// Which stored rows count for bars.
struct BarInputTests {
    private static func quote(bid: Int64?, ask: Int64?, bidSize: Int64? = nil) -> QuoteRow {
        QuoteRow(
            instrumentID: 1,
            tsRecv: UnixNanoseconds(5),
            messageIndex: 6,
            item: 7,
            tsEvent: nil,
            bidPrice: bid,
            bidSize: bidSize,
            askPrice: ask,
            askSize: nil,
            sequence: nil
        )
    }

    private static func trade(size: Int64, _ change: (inout TradeRow) -> Void = { _ in }) -> TradeRow {
        var row = TradeRow(
            instrumentID: 1,
            tsRecv: UnixNanoseconds(5),
            messageIndex: 6,
            item: 7,
            tsEvent: nil,
            price: 99,
            size: size,
            aggressorSide: .seller,
            tradeID: nil
        )
        change(&row)
        return row
    }

    @Test("a quote counts if it has both sides")
    func quotes() {
        let both = QuoteTick(Self.quote(bid: 3, ask: 4))
        #expect(both?.bidPrice == 3 && both?.askPrice == 4)
        #expect(QuoteTick(Self.quote(bid: nil, ask: 4)) == nil && QuoteTick(Self.quote(bid: 3, ask: nil)) == nil)
        #expect(QuoteTick(Self.quote(bid: 0, ask: 4, bidSize: 0)) == nil, "no price, by the rule for prices")
        var derived = Self.quote(bid: 3, ask: 4)
        derived.isDerived = true
        #expect(QuoteTick(derived) == nil, "bars are not built from order books")
    }

    @Test("a trade counts if it is an execution that no other row contains")
    func trades() {
        let tick = TradeTick(Self.trade(size: 2))
        #expect(tick?.price == 99 && tick?.size == 2 && tick?.aggressorSide == .seller)
        #expect(TradeTick(Self.trade(size: 0)) == nil)
        #expect(TradeTick(Self.trade(size: 2) { $0.isInBars = false }) == nil)
    }

    @Test("a row keeps its position on the tape, and an instrument its digits")
    func positions() {
        for arrival in [TickArrival(Self.quote(bid: 1, ask: 2)), TickArrival(Self.trade(size: 1))] {
            #expect(arrival.tsRecv == 5 && arrival.messageIndex == 6 && arrival.item == 7)
        }
        let row = InstrumentRow(instrumentID: 8, venue: "v", symbol: "s", priceDigits: 2, sizeDigits: 3)
        #expect(BarInstrument(row) == BarInstrument(id: 8, priceDigits: 2, sizeDigits: 3))
    }
}
