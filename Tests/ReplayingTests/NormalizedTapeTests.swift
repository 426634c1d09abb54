import Archive
import FeedrecTestKit
import MarketModel
import Testing

@testable import Replaying

struct NormalizedTapeTests {
    /// An event as `kind time.message.item`.
    private static func text(of event: TapeEvent) -> String {
        switch event {
        case .quote(let row, _): "quote \(row.tsRecv.since(TapeArchive.start)).\(row.messageIndex).\(row.item)"
        case .trade(let row, _): "trade \(row.tsRecv.since(TapeArchive.start)).\(row.messageIndex).\(row.item)"
        case .margin(let row): "margin \(row.tsRecv.since(TapeArchive.start)).\(row.messageIndex).\(row.item)"
        case .gap(let row): "gap \(row.tsFrom.since(TapeArchive.start)).\(row.gapID)"
        }
    }

    private static func events(
        of reader: ArchiveReader,
        range: ReadRange = ReadRange(),
        symbols: Set<String>? = nil
    ) throws -> [TapeEvent] {
        var tape = try NormalizedTape(reader: reader, range: range, symbols: symbols)
        var events: [TapeEvent] = []
        while let event = try tape.next() { events.append(event) }
        return events
    }

    @Test("rows of all kinds come by time, message and place in it; a gap comes before what came at its time")
    func order() async throws {
        var rows = WriteBatch()
        rows.instruments = SampleRows.instruments
        rows.quotes = [
            SampleRows.quote(2, 10, message: 1, item: 1), SampleRows.quote(1, 10, message: 1),
            SampleRows.quote(1, 10, message: 0), SampleRows.quote(1, 20, message: 4, item: 2),
        ]
        rows.trades = [SampleRows.trade(1, 10, message: 2), SampleRows.trade(2, 20, message: 4, item: 1)]
        rows.marginUpdates = [SampleRows.margin(20, message: 4), SampleRows.margin(10, message: 3)].compactMap { $0 }
        rows.gaps = [SampleRows.gap(2, 20), SampleRows.gap(1, 20), SampleRows.gap(3, 5)]
        let reader = try await TapeArchive().write(
            venue: "mt4",
            messages: (0..<5).map { .init(connection: 0, offset: $0 * 5, text: "m") },
            rows: rows
        )
        let texts = try Self.events(of: reader).map(Self.text)
        let expected = [
            ("gap", 5, "3"), ("quote", 10, "0.0"), ("quote", 10, "1.0"), ("quote", 10, "1.1"), ("trade", 10, "2.0"),
            ("margin", 10, "3.0"), ("gap", 20, "1"), ("gap", 20, "2"), ("margin", 20, "4.0"), ("trade", 20, "4.1"),
            ("quote", 20, "4.2"),
        ]
        #expect(texts == expected.map { "\($0.0) \(Duration.nanoseconds($0.1)).\($0.2)" })
    }

    @Test("many rows come in the order of a sort", arguments: 0..<10 as Range<UInt64>)
    func sorted(seed: UInt64) async throws {
        var generator = SplitMix64(seed: seed)
        var rows = WriteBatch()
        rows.instruments = SampleRows.instruments
        var expected: [(Int64, Int64, Int64)] = []
        var offset: Int64 = 0
        for message in 0..<300 as Range<Int64> {
            offset += Int64.random(in: 0...2, using: &generator)
            for item in 0..<Int64.random(in: 1...3, using: &generator) {
                expected.append((offset, message, item))
                let instrument = Int64.random(in: 1...2, using: &generator)
                switch Int.random(in: 0..<3, using: &generator) {
                case 0: rows.quotes.append(SampleRows.quote(instrument, offset, message: message, item: item))
                case 1: rows.trades.append(SampleRows.trade(instrument, offset, message: message, item: item))
                default:
                    rows.marginUpdates += [SampleRows.margin(offset, message: message, item: item)].compactMap { $0 }
                }
            }
        }
        let reader = try await TapeArchive().write(
            venue: "mt4",
            messages: (0..<300).map { .init(connection: 0, offset: $0, text: "m") },
            rows: rows
        )
        let texts = try Self.events(of: reader).map { Self.text(of: $0).split(separator: " ", maxSplits: 1)[1] }
        #expect(
            texts == expected.map { "\(Duration.nanoseconds($0.0)).\($0.1).\($0.2)"[...] },
            "seed \(seed)"
        )
    }

    @Test("a range of time and a choice of symbols narrow the tape; margin updates belong to no symbol")
    func narrowed() async throws {
        let reader = try await TapeArchive().write(
            venue: "mt4",
            messages: SampleRows.messages(count: 20),
            rows: SampleRows.mixed(count: 20)
        )
        #expect(try Self.events(of: reader).count == 22)
        let range = ReadRange(from: TapeArchive.time(5_000_000), to: TapeArchive.time(10_000_000))
        let times = try Self.events(of: reader, range: range).map { $0.tsRecv.since(TapeArchive.start) }
        #expect(times == (5..<10).map { .milliseconds($0) })
        for event in try Self.events(of: reader, symbols: ["BBB"]) {
            switch event {
            case .quote(_, let instrument), .trade(_, let instrument): #expect(instrument.symbol == "BBB")
            case .margin: Issue.record("a margin update is no symbol's")
            case .gap: continue
            }
        }
        #expect(try Self.events(of: reader, symbols: []).count == 2, "the gaps concern everybody")
    }
}
