import MarketModel
import Testing

struct PriceRuleTests {
    private static func quote(_ bid: String?, _ bidSize: String?, _ ask: String?, _ askSize: String?) -> Quote {
        Quote(
            origin: EventOrigin(message: 0, item: 0),
            symbol: SymbolIndex(0),
            tsEvent: nil,
            bidPrice: bid.flatMap { FixedDecimal($0) },
            bidSize: bidSize.flatMap { FixedDecimal($0) },
            askPrice: ask.flatMap { FixedDecimal($0) },
            askSize: askSize.flatMap { FixedDecimal($0) },
            sequence: nil
        )
    }

    @Test("kind 5 a missing side and one of size 0 have no price, and sign and value never matter")
    func quotes() {
        for price in ["-37.63", "0", "0.0", "-0.01", "5"] {
            let quote = Self.quote(price, "1.5", price, nil)
            #expect(quote.bidPrice == FixedDecimal(price) && quote.askPrice == FixedDecimal(price))
            #expect(quote.bidSize == FixedDecimal("1.5") && quote.askSize == nil)
        }
        for size in ["0", "0.00000000", "-0"] {
            let quote = Self.quote("5", size, "6", "1")
            #expect(quote.bidPrice == nil && quote.bidSize == nil)
            #expect(quote.askPrice == FixedDecimal("6") && quote.askSize == FixedDecimal("1"))
        }
        let empty = Self.quote(nil, "3", nil, nil)
        #expect(empty.bidPrice == nil && empty.bidSize == nil && empty.askPrice == nil)
    }

    @Test("kind 5 a trade is an execution if it is a market trade with a size above 0")
    func trades() {
        func isExecution(_ price: String, _ size: String, _ kind: String? = nil) -> Bool {
            var trade = Trade(
                origin: EventOrigin(message: 0, item: 0),
                symbol: SymbolIndex(0),
                tsEvent: nil,
                price: FixedDecimal(price) ?? .zero,
                size: FixedDecimal(size) ?? .zero,
                aggressorSide: nil,
                tradeID: 1
            )
            trade.administrativeKind = kind
            return trade.isExecution
        }
        #expect(isExecution("5", "0.1") && isExecution("-37.63", "1") && isExecution("0", "1"))
        #expect(!isExecution("5", "0") && !isExecution("5", "0.00000000") && !isExecution("5", "-1"))
        #expect(!isExecution("57000", "1", "INSURANCE_FUND") && !isExecution("0", "0", "NA"))
    }
}
