import MarketModel
import Testing
import Venues

@Suite(.enabled(if: DeribitCapture.shared != nil, "FEEDREC_SHARED does not name the data folder"))
struct DeribitCaptureTests {
    private func reading(_ messages: [String]) -> DeribitReading {
        var reading = DeribitReading()
        reading.read(messages)
        return reading
    }

    /// The bars of a reading's quotes as the golden files have them.
    private func bars(_ reading: DeribitReading, milliseconds length: Int64) -> [String] {
        var groups: [(key: String, start: Int64, quotes: [Quote])] = []
        for quote in reading.events.quotes where quote.bidPrice != nil && quote.askPrice != nil {
            let time = (quote.tsEvent?.rawValue ?? 0) / 1_000_000
            let (symbol, start) = (reading.symbol(quote.symbol) ?? "", time - time % length)
            if let index = groups.firstIndex(where: { $0.key == symbol && $0.start == start }) {
                groups[index].quotes.append(quote)
            } else {
                groups.append((symbol, start, [quote]))
            }
        }
        groups.sort { ($0.key, $0.start) < ($1.key, $1.start) }
        return groups.map { group in
            let sides = [group.quotes.compactMap(\.bidPrice), group.quotes.compactMap(\.askPrice)]
            let prices = sides.flatMap { side in
                [side.first, side.max { $0.precedes($1) }, side.min { $0.precedes($1) }, side.last]
            }
            let texts = prices.map { $0?.canonicalText ?? "" }
            return ([group.key, "\(group.start)"] + texts + ["\(group.quotes.count)"]).joined(separator: ",")
        }
    }

    @Test(arguments: [(Int64(1000), "1s"), (60_000, "1m")])
    func `bars of the quotes equal the golden ones`(length: Int64, name: String) {
        for (messages, capture) in [
            (DeribitCapture.options, "deribit-v2-options-20210722"),
            (DeribitCapture.perpetuals, "deribit-v2-perp-ticker-20260930"),
        ] {
            let golden = Array(DeribitCapture.lines("golden/\(capture).quotes.\(name).csv").dropFirst())
            #expect(bars(reading(messages), milliseconds: length) == golden)
        }
    }

    @Test
    func `every message is known, and the books are continuous`() {
        let reading = reading(DeribitCapture.options)
        #expect(reading.outcome.recognised == 136 && reading.oddities.isEmpty)
        #expect(reading.outcome.dataMessages == 135 && reading.events.quotes.count == 89)
        let messages = reading.events.bookMessages
        #expect(messages.count { $0.kind == .snapshot } == 10 && messages.count { $0.kind == .change } == 36)
        for book in reading.dialect.books.entries.indices {
            let own = messages.filter { $0.book == BookIndex(Int32(book)) }
            #expect(zip(own, own.dropFirst()).allSatisfy { $0.last == $1.previous })
            #expect(reading.dialect.books.entries[book].channel == "book.raw")
        }
    }

    @Test
    func `tickers of perpetual contracts have funding, mark, index and open interest`() {
        let reading = reading(DeribitCapture.perpetuals)
        #expect(reading.events.quotes.count == 5 && reading.oddities.isEmpty)
        // The dated future has no funding.
        #expect(reading.events.statistics.count { $0.kind == .fundingRate } == 4)
        for kind in [InstrumentStatistic.Kind.markPrice, .indexPrice, .openInterest] {
            #expect(reading.events.statistics.count { $0.kind == kind } == 5)
        }
    }

    @Test
    func `single payloads of other programs are read`() throws {
        for name in ["book-change", "book-grouped", "book-snapshot", "quote", "subscribe-response", "trades"] {
            let text = DeribitCapture.lines("shapes/deribit/\(name).json").joined(separator: "\n")
            let reading = reading([text])
            #expect(!text.isEmpty && reading.outcome.recognised == 1 && reading.oddities.isEmpty, "\(name)")
        }
    }
}
