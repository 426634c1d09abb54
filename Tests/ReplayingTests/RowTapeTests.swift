import Archive
import FeedrecTestKit
import MarketModel
import Testing

@testable import Replaying

struct RowTapeTests {
    /// An event: its kind, its time, and its message or gap.
    private struct Event: Hashable {
        var kind: EventKind
        var offset: Int64
        var text: String

        var number: Int64? { integer("message_index") }
        var symbol: String? { text.firstMatch(of: /"symbol":"(\w+)"/).map { String($0.1) } }

        private func integer(_ name: String) -> Int64? {
            (try? Regex(#""\#(name)":(-?\d+)"#)).flatMap { text.firstMatch(of: $0) }?.output[1].substring.flatMap {
                Int64($0)
            }
        }
    }

    private static func events(
        of readers: [ArchiveReader],
        range: ReadRange = ReadRange(),
        selection: EventSelection = EventSelection()
    ) throws -> [Event] {
        var order = EventOrder()
        order.range = range
        order.selection = selection
        var reader = EventReader(try TapeCatalog(readers), order)
        var events: [Event] = []
        while case .chunk(let chunk) = try reader.next() {
            let texts = chunk.batch.texts
            for index in 0..<chunk.count {
                let offset = chunk.batch.entries[index].tsRecv.rawValue - TapeArchive.start.rawValue
                events.append(Event(kind: chunk.kinds[index], offset: offset, text: texts[index]))
            }
        }
        return events
    }

    @Test("rows of all kinds are ordered by time, message and item; a gap precedes other rows of its time")
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
        let archive = try TapeArchive()
        let reader = try await archive.write(
            venue: "mt4",
            messages: (0..<5).map { .init(connection: 0, offset: $0 * 5, text: "m") },
            rows: rows
        )
        let events = try Self.events(of: [reader])
        let expected: [(EventKind, Int64, Int64?, String?)] = [
            (.gap, 5, nil, nil), (.quote, 10, 0, "AAA"), (.quote, 10, 1, "AAA"), (.quote, 10, 1, "BBB"),
            (.trade, 10, 2, "AAA"), (.marginUpdate, 10, 3, nil), (.gap, 20, nil, nil), (.gap, 20, nil, nil),
            (.marginUpdate, 20, 4, nil), (.trade, 20, 4, "BBB"), (.quote, 20, 4, "AAA"),
        ]
        #expect(events.map(\.kind) == expected.map(\.0))
        #expect(events.map(\.offset) == expected.map(\.1))
        #expect(events.map(\.number) == expected.map(\.2))
        #expect(events.map(\.symbol) == expected.map(\.3))
    }

    @Test("many rows are in sorted order, from one recording or distributed over three", arguments: 0..<10)
    func sorted(seed: Int) async throws {
        var generator = SplitMix64(seed: UInt64(seed))
        var files = (0..<3).map { _ in WriteBatch() }
        var expected: [(offset: Int64, file: Int, message: Int64)] = []
        var offset: Int64 = 0
        for message in 0..<300 as Range<Int64> {
            offset += Int64.random(in: 0...2, using: &generator)
            let file = seed.isMultiple(of: 2) ? 0 : Int.random(in: 0..<3, using: &generator)
            for item in 0..<Int64.random(in: 1...3, using: &generator) {
                expected.append((offset, file, message))
                let instrument = Int64.random(in: 1...2, using: &generator)
                switch Int.random(in: 0..<3, using: &generator) {
                case 0: files[file].quotes.append(SampleRows.quote(instrument, offset, message: message, item: item))
                case 1: files[file].trades.append(SampleRows.trade(instrument, offset, message: message, item: item))
                default:
                    files[file].marginUpdates += [SampleRows.margin(offset, message: message, item: item)]
                        .compactMap { $0 }
                }
            }
        }
        let archive = try TapeArchive()
        var readers: [ArchiveReader] = []
        for (number, rows) in files.enumerated() {
            var rows = rows
            rows.instruments = SampleRows.instruments
            readers.append(
                try await archive.write(
                    "2026-01-0\(number + 1)",
                    venue: "mt4",
                    messages: (0..<300).map { .init(connection: 0, offset: $0, text: "m") },
                    rows: rows
                )
            )
        }
        let events = try Self.events(of: readers)
        let order = expected.enumerated().sorted {
            ($0.element.offset, $0.element.file, $0.offset) < ($1.element.offset, $1.element.file, $1.offset)
        }
        #expect(events.map(\.offset) == order.map(\.element.offset), "seed \(seed)")
        #expect(events.map(\.number) == order.map(\.element.message), "seed \(seed)")
    }

    @Test("a time range and a selection of symbols or kinds narrow the tape; margin updates have no symbol")
    func narrowed() async throws {
        let archive = try TapeArchive()
        let reader = try await archive.write(
            venue: "mt4",
            messages: SampleRows.messages(count: 20),
            rows: SampleRows.mixed(count: 20)
        )
        #expect(try Self.events(of: [reader]).count == 22)
        let range = ReadRange(from: TapeArchive.time(5_000_000), to: TapeArchive.time(10_000_000))
        #expect(try Self.events(of: [reader], range: range).map(\.offset) == (5..<10).map { $0 * 1_000_000 })
        for event in try Self.events(of: [reader], selection: EventSelection(symbols: ["BBB"])) {
            #expect(event.kind != .marginUpdate && (event.kind == .gap || event.symbol == "BBB"))
        }
        #expect(try Self.events(of: [reader], selection: EventSelection(symbols: [])).count == 2, "the gaps")
        let trades = try Self.events(of: [reader], selection: EventSelection(kinds: [.trade]))
        #expect(trades.count == 4 && trades.allSatisfy { $0.kind == .trade })
    }
}
