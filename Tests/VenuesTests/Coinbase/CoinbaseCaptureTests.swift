import MarketModel
import Testing
import Venues

/// The captures of both interfaces, against the golden numbers.
@Suite(.enabled(if: KrakenCapture.folder("") != nil, "FEEDREC_SHARED does not name the data folder"))
struct CoinbaseCaptureTests {
    private func read(_ venue: Venue, _ folder: String, _ file: String) throws -> (CoinbaseRun, MessageBatch) {
        let batch = try KrakenCapture.messages(of: try #require(KrakenCapture.folder(folder)) + file)
        var run = CoinbaseRun(reading: venue)
        run.receive(batch)
        return (run, batch)
    }

    @Test("the excerpt has two holes, and a book without a snapshot")
    func advanced() throws {
        let (run, _) = try read(.coinbase, "coinbase-advanced", "excerpt-20260930.tsv")
        #expect(run.outcome.recognised == 6 && run.oddities.isEmpty)
        #expect(run.events.connectionHoles.map(\.last) == [4, 247])
        #expect(run.events.connectionHoles.map(\.next) == [247, 249])
        #expect(run.events.trades.map(\.aggressorSide) == [.buyer, .buyer])
        #expect(run.events.trades[0].tsEvent == UnixNanoseconds(1_790_735_999_410_400_000))
        #expect(run.events.bookMessages.count { $0.kind == .change } == 4)
        #expect(run.events.bookMessages.count { $0.kind == .connectionHole } == 2)
        #expect(run.events.bookMessages.allSatisfy { $0.kind != .snapshot })
    }

    @Test("Coinbase Exchange: trades, quotes and books of ten products")
    func exchange() throws {
        let (run, batch) = try read(.coinbaseExchange, "coinbase-exchange", "multi10-20210417.cf.txt.gz")
        #expect(run.outcome.recognised == 9946 && run.events.venueEvents.isEmpty && batch.count == 9949)
        #expect(run.events.trades.count == 107 && run.events.trades.count(where: \.isExecution) == 97)
        #expect(run.events.quotes.count == 107)
        let kinds = run.events.bookMessages.map(\.kind)
        #expect(kinds.count { $0 == .snapshot } == 10 && kinds.count { $0 == .change } == 9719)
        #expect(run.dialect.books.entries.count == 10)
        #expect(run.dialect.books.entries.allSatisfy { $0.rule.isUnverifiable && $0.channel == "level2" })
    }

    @Test("damaged lines of the captures are read or reported")
    func damage() throws {
        for (venue, folder, file) in [
            (Venue.coinbase, "coinbase-advanced", "excerpt-20260930.tsv"),
            (.coinbaseExchange, "coinbase-exchange", "multi10-20210417.cf.txt.gz"),
        ] {
            let (_, batch) = try read(venue, folder, file)
            var shapes: Set<String> = []
            // One line of each shape; a whole book would take too long.
            let samples = batch.entries.indices.compactMap { index -> String? in
                let entry = batch.entries[index]
                guard entry.direction == .received, entry.length < 500 else { return nil }
                let text = String(decoding: batch.payload(at: index), as: UTF8.self)
                return shapes.insert(text.filter { !$0.isNumber && !$0.isLetter && $0 != "-" }).inserted ? text : nil
            }
            #expect(!samples.isEmpty)
            checkCoinbaseDamage(venue, context: [], samples: Array(samples.prefix(6)))
        }
    }
}
