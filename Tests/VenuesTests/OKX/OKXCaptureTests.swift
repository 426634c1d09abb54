import Interchange
import MarketModel
import OrderBooks
import Testing
import Venues

@Suite(.enabled(if: OKXCapture.shared != nil, "FEEDREC_SHARED does not name the data folder"))
struct OKXCaptureTests {
    @Test("the capture matches the golden numbers of messages, trades and quotes")
    func golden() throws {
        let batch = try OKXCapture.messages()
        let reading = OKXReading(batch)
        let events = reading.events
        var counts: [String: Int] = [:]
        for row in try OKXCapture.rows("messages.csv") where row[1] == "recv" {
            counts[row[2]] = Int(row[3])
        }
        #expect(events.trades.count == counts["trades"] && events.quotes.count == counts["tickers"])
        #expect(events.bookMessages.filter { $0.kind == .snapshot }.count == counts["books:snapshot"])
        #expect(events.bookMessages.filter { $0.kind == .change }.count == counts["books:update"])
        #expect(reading.outcome.unrecognised == 0 && events.venueEvents.isEmpty)
        #expect(reading.outcome.recognised == batch.entries.count { $0.direction == .received })
        for row in try OKXCapture.rows("summary.csv") {
            let isTrade = row[3] == "trade"
            let prices = isTrade ? prices(events.trades, row[2], reading) : prices(events.quotes, row[2], reading)
            #expect(prices.count == Int(row[4]))
            #expect(prices.first?.time == Int64(row[8]) && prices.last?.time == Int64(row[9]))
            #expect(prices.first?.price == row[10] && prices.last?.price == row[11])
            guard isTrade else { continue }
            let trades = events.trades.filter { reading.symbol($0.symbol) == row[2] }
            #expect(trades.count { $0.aggressorSide == .buyer } == Int(row[16]))
            let volume = trades.compactMap { $0.size.rescaled(to: 8) }.reduce(0, +)
            #expect(FixedDecimal(mantissa: volume, digits: 8).canonicalText == row[14])
        }
    }

    @Test("the books of the capture have the golden states and checksums")
    func books() throws {
        let reading = OKXReading(try OKXCapture.messages())
        var set = BookSet()
        var outcomes: [BookOutcome] = []
        set.apply(reading.events, books: reading.dialect.books, outcomes: &outcomes)
        let rows = try OKXCapture.rows("books/books.csv")
        #expect(rows.count == 3 && reading.dialect.books.entries.count == 3)
        for (index, entry) in reading.dialect.books.entries.enumerated() {
            let row = try #require(rows.first { $0[1] == entry.channel && $0[2] == reading.symbol(entry.symbol) })
            let keeper = try #require(set[BookIndex(Int32(index))])
            let counts = keeper.counts
            #expect(counts.snapshots == Int(row[4]) && counts.changes == Int(row[5]) && counts.applied == Int(row[6]))
            #expect(counts.holes == 0 && counts.checksumsRight == Int(row[12]) && counts.checksumsWrong == 0)
            #expect(counts.unknownRemovals == Int(row[17]) && counts.states == Int(row[20]) && keeper.isValid)
            #expect(counts.bidsMax == Int(row[18]) && counts.asksMax == Int(row[19]))
        }
    }

    private func prices(_ trades: [Trade], _ symbol: String, _ reading: OKXReading) -> [(time: Int64?, price: String?)]
    {
        trades.filter { reading.symbol($0.symbol) == symbol }.map { ($0.tsEvent?.rawValue, $0.price.canonicalText) }
    }

    private func prices(_ quotes: [Quote], _ symbol: String, _ reading: OKXReading) -> [(time: Int64?, price: String?)]
    {
        quotes.filter { reading.symbol($0.symbol) == symbol }.map {
            ($0.tsEvent?.rawValue, $0.bidPrice?.canonicalText)
        }
    }

    /// Messages of all kinds; the longest are left out, because each is read once for every byte.
    private func samples() throws -> [[UInt8]] {
        let batch = try OKXCapture.messages()
        var kinds: [String: [UInt8]] = [:]
        for index in batch.entries.indices where batch.entries[index].direction == .received {
            let payload = batch.payload(at: index)
            guard payload.count < 1200 else { continue }
            kinds[String(decoding: payload.prefix(42), as: UTF8.self)] = payload
        }
        let more = [
            OKXSample.bestPrices, OKXSample.snapshot, OKXSample.funding, OKXSample.liquidation, OKXSample.candle,
            #"{"event":"error","msg":"channel:x doesn't exist","code":"60018","connId":"a4d3ae55"}"#,
        ]
        return kinds.values.sorted { $0.lexicographicallyPrecedes($1) } + more.map { Array($0.utf8) }
    }

    /// Every message is recognised or reported, and every book message is in the table.
    private func check(_ payload: [UInt8], _ note: @autoclosure () -> String) {
        var batch = MessageBatch()
        batch.append(payload, direction: .received, tsRecv: UnixNanoseconds(0))
        let reading = OKXReading(batch)
        let outcome = reading.outcome
        let isCounted = outcome.recognised + outcome.unrecognised == 1
        let isReported = outcome.unrecognised == 0 || !reading.oddities.isEmpty
        let levels = reading.events.bookLevels.count
        let areBooksKnown = reading.events.bookMessages.allSatisfy {
            Int($0.book.value) < reading.dialect.books.entries.count && $0.levels.upperBound <= levels
        }
        if !isCounted || !isReported || !areBooksKnown { Issue.record("\(note())") }
    }

    @Test("every truncation and every change of a byte of real messages is read or reported")
    func mutations() throws {
        var generator = SplitMix64(seed: 8)
        for (number, original) in try samples().enumerated() {
            for position in original.indices {
                check(Array(original[..<position]), "message \(number) cut at \(position)")
                for byte in [UInt8(ascii: "\""), UInt8(ascii: "9"), UInt8(truncatingIfNeeded: generator.next())] {
                    var changed = original
                    changed[position] = byte
                    check(changed, "message \(number), byte \(position) set to \(byte)")
                }
            }
        }
    }

    @Test("the documented payloads are read", arguments: ["books-snapshot", "books-update", "bbo-tbt"])
    func shapes(name: String) throws {
        let reading = OKXReading([try OKXCapture.payload("shapes/okx/\(name).json")])
        #expect(reading.events.bookMessages.count == 1 && reading.oddities.isEmpty)
        #expect(reading.events.bookLevels.count == (name == "bbo-tbt" ? 2 : 16))
    }

    @Test(
        "the documented lists of instruments are read",
        arguments: ["spot", "swap", "futures", "option", "margin"]
    )
    func instruments(kind: String) throws {
        let body = try OKXCapture.payload("rest/okx/instruments-\(kind).json")
        let url = "https://www.okx.com/api/v5/public/instruments?instType=\(kind.uppercased())"
        let reading = OKXReading(["GET \(url) 200\n\(body)"], kind: .rest)
        #expect(!reading.events.instrumentDetails.isEmpty && reading.oddities.isEmpty)
        let details = reading.events.instrumentDetails
        #expect(details.allSatisfy { $0.priceDigits != nil && $0.terms.lotSize != nil && $0.terms.status != nil })
        #expect(details.allSatisfy { $0.terms.base != nil && $0.terms.quote != nil })
    }

    @Test(
        "the documented messages of an account and of single channels are read",
        arguments: [
            "account-balance", "account-balanceandposition", "trading-order", "trading-position",
            "trading-liquidationwarning", "exchangedata-fundingrate", "exchangedata-klines", "exchangedata-markprice",
            "exchangedata-orderbook", "exchangedata-ticker", "exchangedata-trades",
        ]
    )
    func documented(name: String) throws {
        let text = try OKXCapture.payload("shapes/okx/\(name).txt")
        let event = text.split(separator: "\n", omittingEmptySubsequences: false).drop { !$0.hasPrefix("=") }
            .dropFirst()
        let reading = OKXReading([event.joined(separator: "\n")])
        #expect(reading.outcome.recognised == 1 && reading.outcome.dataMessages == 1 && reading.oddities.isEmpty)
        let events = reading.events
        let rows = events.trades.count + events.quotes.count + events.bookMessages.count + events.statistics.count
        let updates = events.marginUpdates.count + events.orderUpdates.count + events.positions.count
        #expect(rows + updates + events.venueEvents.count > 0)
    }
}
