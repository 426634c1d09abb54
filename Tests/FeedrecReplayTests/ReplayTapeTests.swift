import Archive
import FeedrecReplay
import FeedrecTestKit
import Foundation
import JournalFormat
import MarketModel
import Testing

/// The library as used by a program.
struct ReplayTapeTests {
    private static let start: Int64 = 1_767_571_200_000_000_000

    /// Two days of three instruments each, one quote or trade per millisecond; the second day has a gap.
    private static func write(_ directory: TemporaryDirectory) async throws {
        for day in 0..<2 as Range<Int64> {
            let writer = try ArchiveWriter.open(directory: directory.path, day: "2026-01-0\(day + 5)")
            let session = try await writer.beginSession(
                SessionStart(
                    kind: .record,
                    tsStart: UnixNanoseconds(start),
                    host: nil,
                    programVersion: "test",
                    configuration: "{}"
                )
            )
            let feed = try await writer.addFeed(FeedRow(sessionID: session, name: "f", venue: "v", url: nil))
            let connection = try await writer.openConnection(
                ConnectionOpened(feedID: feed, tsOpened: UnixNanoseconds(start))
            )
            var rows = WriteBatch()
            var block = MessageBlockBuilder()
            block.append(
                batch: MessageBatch(
                    texts: (0..<100).map { "m\($0)" },
                    start: UnixNanoseconds(start + day * 1_000_000_000),
                    step: .milliseconds(1)
                ),
                firstMessageIndex: 0
            )
            rows.blocks = [BlockRow(connectionID: connection, try block.encode(with: nil))]
            rows.instruments = (1...3).map {
                InstrumentRow(instrumentID: $0, venue: "v", symbol: "S\($0)", priceDigits: 2, sizeDigits: 1)
            }
            for index in 0..<100 as Range<Int64> {
                let time = UnixNanoseconds(start + day * 1_000_000_000 + index * 1_000_000)
                if index % 4 == 3 {
                    rows.trades.append(
                        TradeRow(
                            instrumentID: index % 3 + 1,
                            tsRecv: time,
                            messageIndex: index,
                            item: 0,
                            tsEvent: nil,
                            price: index,
                            size: 5,
                            aggressorSide: .buyer,
                            tradeID: nil
                        )
                    )
                } else {
                    var quote = QuoteRow(
                        instrumentID: index % 3 + 1,
                        tsRecv: time,
                        messageIndex: index,
                        item: 0,
                        tsEvent: nil,
                        bidPrice: 150 + index,
                        bidSize: nil,
                        askPrice: 160 + index,
                        askSize: 7,
                        sequence: index
                    )
                    quote.isDerived = index % 5 == 0
                    rows.quotes.append(quote)
                }
            }
            if day == 1 {
                rows.gaps = [
                    GapRow(gapID: 1, sessionID: session, tsFrom: UnixNanoseconds(start + 1_050_000_000), cause: "lost")
                ]
            }
            try await writer.write(rows)
            await writer.close()
        }
    }

    @Test("a directory of days is one tape, in order, with all instruments")
    func wholeTape() async throws {
        let directory = try TemporaryDirectory()
        try await Self.write(directory)
        let tape = try ReplayTape(paths: [directory.path])
        #expect(tape.instruments.map(\.symbol) == ["S1", "S2", "S3"])
        var times: [Int64] = []
        var quotes = 0
        var gaps = 0
        for try await event in tape.events() {
            times.append(event.tsRecv - Self.start)
            switch event {
            case .quote(let quote):
                quotes += 1
                #expect(tape.instruments[quote.instrument].symbol == "S\(quote.messageIndex % 3 + 1)")
                #expect(quote.bidPrice == 150 + quote.messageIndex && quote.askSize == 7 && quote.bidSize == nil)
                #expect(quote.isDerived == (quote.messageIndex % 5 == 0))
            case .trade(let trade): #expect(trade.price == trade.messageIndex && trade.aggressorSide == .buyer)
            case .gap(let gap):
                gaps += 1
                #expect(gap.cause == "lost" && gap.tsTo == nil)
            case .disconnect: Issue.record("nothing was disconnected")
            case .book: Issue.record("no books were asked for")
            }
        }
        let millis: [Int64] = Array(0..<100) + Array(1000..<1100) + [1050]
        let expected = millis.sorted().map { $0 * 1_000_000 }
        #expect(times == expected && quotes == 150 && gaps == 1)
    }

    @Test("A5 a copied recording is on the tape once, and the copy is named")
    func copied() async throws {
        let directory = try TemporaryDirectory()
        try await Self.write(directory)
        let day = directory.path + "/2026-01-05"
        try FileManager.default.copyItem(atPath: day + ".feedrec", toPath: day + " (1).feedrec")
        let tape = try ReplayTape(paths: [directory.path, day + ".feedrec"])
        var count = 0
        for try await batch in tape.batches() { count += batch.count }
        #expect(count == 201)
        #expect(tape.problems == ["'\(day) (1).feedrec' is not read: it is a copy of '\(day).feedrec'"])
    }

    @Test("symbols and times select events, and batches contain the same events")
    func narrowed() async throws {
        let directory = try TemporaryDirectory()
        try await Self.write(directory)
        let tape = try ReplayTape(
            paths: [directory.path],
            symbols: ["S2"],
            from: Self.start + 10_000_000,
            to: Self.start + 1_000_000_000
        )
        #expect(tape.instruments.map(\.symbol) == ["S2"])
        var numbers: [Int64] = []
        for try await batch in tape.batches() { numbers += batch.map { ($0.tsRecv - Self.start) / 1_000_000 } }
        #expect(numbers == (10..<100).filter { $0 % 3 == 1 })
    }

    @Test("a missing file is reported")
    func missing() {
        let error = #expect(throws: ReplayTapeError.self) { try ReplayTape(paths: ["/nowhere/at/all"]) }
        #expect(error?.description.contains("/nowhere/at/all") == true)
    }

    @Test("D4 a symbol that the recordings lack, or an empty time range, is an error")
    func unknownSymbol() async throws {
        let directory = try TemporaryDirectory()
        try await Self.write(directory)
        let known = try ReplayTape(paths: [directory.path]).instruments[0].symbol
        do {
            _ = try ReplayTape(paths: [directory.path], symbols: [known, known + "X"])
            Issue.record("accepted")
        } catch {
            let text = "\(error)"
            #expect(text.contains("the tape lacks the symbol '\(known)X'; did you mean '"), "\(text)")
        }
        #expect(throws: ReplayTapeError.self) { try ReplayTape(paths: [directory.path], from: 2, to: 1) }
        #expect(try ReplayTape(paths: [directory.path], symbols: [known]).instruments.count == 1)
    }
}
