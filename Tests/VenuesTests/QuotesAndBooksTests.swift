import MarketModel
import Testing
import Venues

/// Which symbols' quotes and books a plan requests.
struct QuotesAndBooksTests {
    private static func plans(
        _ venue: Venue,
        _ channels: String,
        symbols: [String],
        streams: [String] = []
    ) throws -> [VenuePlan] {
        var values = VenueOptionValues()
        values.set(MarketOptions.symbols, symbols)
        values.set(MarketOptions.channels, channels.isEmpty ? [] : [channels])
        values.set(MarketOptions.streams, streams)
        return try venue.definition.plans(values) { _ in nil }
    }

    private static func selections(
        _ venue: Venue,
        _ channels: String,
        symbols: [String],
        streams: [String] = []
    ) throws -> (quotes: SymbolSelection, books: SymbolSelection) {
        try plans(venue, channels, symbols: symbols, streams: streams).reduce((.none, .none)) {
            ($0.0.union($1.quotes), $0.1.union($1.books))
        }
    }

    @Test(arguments: [
        (Venue.binanceSpot, "BTCUSDT"), (.binanceUSDM, "BTCUSDT"), (.bybitSpot, "BTCUSDT"), (.bybitLinear, "BTCUSDT"),
        (.okx, "BTC-USDT"), (.kraken, "BTC/USD"), (.coinbase, "BTC-USD"), (.deribit, "BTC-PERPETUAL"),
        (.hyperliquid, "BTC"),
    ])
    func `quotes and books are requested by their words`(venue: Venue, symbol: String) throws {
        let trades = try Self.selections(venue, "trades", symbols: [symbol])
        #expect(trades.quotes == .none && trades.books == .none)
        let quotes = try Self.selections(venue, "trades,quotes", symbols: [symbol])
        #expect(quotes.quotes.contains(symbol) && quotes.books == .none)
        let books = try Self.selections(venue, "trades,book", symbols: [symbol])
        #expect(books.quotes == .none && books.books.contains(symbol))
        let both = try Self.selections(venue, "quotes,book", symbols: [symbol])
        #expect(both.books.subtracting(both.quotes) == .none)
    }

    @Test(arguments: [
        (Venue.binanceSpot, "btcusdt@bookTicker", ["BTCUSDT", "ETHUSDT"]),
        (.binanceUSDM, "btcusdt@bookTicker", ["BTCUSDT", "ETHUSDT"]),
        (.bybitLinear, "orderbook.1.BTCUSDT", ["BTCUSDT", "ETHUSDT"]),
        (.deribit, "ticker.BTC-PERPETUAL.100ms", ["BTC-PERPETUAL", "ETH-PERPETUAL"]),
    ])
    func `a stream that brings quotes counts for its symbol`(venue: Venue, stream: String, symbols: [String]) throws {
        let found = try Self.selections(venue, "book", symbols: symbols, streams: [stream])
        #expect(found.quotes == .some([symbols[0]]))
        #expect(found.books.subtracting(found.quotes) == .some([symbols[1]]))
    }

    @Test
    func `streams of books count, and a stream of all quotes counts for all symbols`() throws {
        let depth = try Self.selections(.binanceSpot, "", symbols: [], streams: ["BTCUSDT@depth20", "ethusdt@trade"])
        #expect(depth.quotes == .none && depth.books == .some(["BTCUSDT"]))
        let all = try Self.selections(.binanceSpot, "book", symbols: ["BTCUSDT"], streams: ["!bookTicker"])
        #expect(all.books.subtracting(all.quotes) == .none)
        let funding = try Self.selections(.deribit, "book,funding", symbols: ["BTC-PERPETUAL"])
        #expect(funding.quotes == .some(["BTC-PERPETUAL"]), "the ticker has the best prices")
    }

    // MARK: Selections

    @Test
    func `selections are joined and subtracted`() {
        let (one, two) = (SymbolSelection.some(["A"]), SymbolSelection.some(["A", "B"]))
        #expect(one.union(two) == two && one.union(.none) == one && SymbolSelection.none.union(.all) == .all)
        #expect(two.subtracting(one) == .some(["B"]) && one.subtracting(two) == .none)
        #expect(two.subtracting(.all) == .none && two.subtracting(.none) == two)
        #expect(SymbolSelection.all.subtracting(one) == .all && SymbolSelection([]) == .none)
    }

    @Test
    func `a stored selection is read again, and anything else selects nothing`() {
        for selection in [SymbolSelection.none, .some(["A/B", "C\"D"]), .all] {
            // SQL's operator ->> returns 1 for true.
            let stored = selection.json == "true" ? "1" : selection.json
            #expect(SymbolSelection(storedJSON: stored) == selection)
        }
        #expect(SymbolSelection.some(["B", "A"]).json == #"["A","B"]"#)
        for text in ["0", "", "[", "{}", "[1]", "[[]]", "true"] { #expect(SymbolSelection(storedJSON: text) == .none) }
    }
}
