import Archive
import FeedrecTestKit
import MarketModel
import Testing
import Venues

@testable import Replaying

struct ArchiveTapeTests {
    private static let session = BinanceSession(target: "/ws")

    private static func texts(of tape: ArchiveTape) throws -> [String] {
        var tape = tape
        var texts: [String] = []
        var batch = MessageBatch()
        while try tape.next(for: session, into: &batch) {
            #expect(!batch.isEmpty)
            texts += batch.texts
            batch.removeAll()
        }
        #expect(batch.isEmpty)
        return texts
    }

    /// Messages of several connections, stored in one order.
    ///
    /// Times never decrease within a connection, but do between connections, and many are equal. Some messages are sent
    /// ones with other times.
    private static func messages(file: Int, using generator: inout SplitMix64) -> [TapeArchive.Message] {
        let connections = Int.random(in: 1...5, using: &generator)
        var times = (0..<connections).map { _ in Int64.random(in: 0...30, using: &generator) }
        return (0..<Int.random(in: 1...120, using: &generator)).map { index in
            let connection = Int.random(in: 0..<connections, using: &generator)
            let isSent = Int.random(in: 0..<6, using: &generator) == 0
            times[connection] += Int64([0, 0, 0, 1, 1, 7].randomElement(using: &generator) ?? 0)
            return TapeArchive.Message(
                connection: connection,
                offset: times[connection] + (isSent ? Int64.random(in: -3...3, using: &generator) : 0),
                text: "\(file).\(index)",
                direction: isSent ? .sent : .received
            )
        }
    }

    @Test("messages of all connections and files come in the total order", arguments: 0..<40 as Range<UInt64>)
    func totalOrder(seed: UInt64) async throws {
        var generator = SplitMix64(seed: seed)
        let archive = try TapeArchive()
        var readers: [ArchiveReader] = []
        var all: [(time: Int64, file: Int, connection: Int, index: Int, text: String)] = []
        for file in 0..<Int.random(in: 1...3, using: &generator) {
            let messages = Self.messages(file: file, using: &generator)
            let blockMessages = Int.random(in: 1...20, using: &generator)
            readers.append(
                try await archive.write("2026-01-0\(file + 1)", messages: messages, blockMessages: blockMessages)
            )
            for (index, message) in messages.enumerated() where message.direction == .received {
                all.append((message.offset, file, message.connection, index, message.text))
            }
        }
        all.sort { ($0.time, $0.file, $0.connection, $0.index) < ($1.time, $1.file, $1.connection, $1.index) }
        let from = Int64.random(in: -5...60, using: &generator)
        for range in [from...Int64(10_000), -100...10_000, from...from + 20] {
            let tape = try ArchiveTape(
                readers: readers,
                venue: .binanceSpot,
                range: ReadRange(
                    from: TapeArchive.time(range.lowerBound),
                    to: TapeArchive.time(range.upperBound)
                )
            )
            let expected = all.filter { $0.time >= range.lowerBound && $0.time < range.upperBound }.map(\.text)
            #expect(try Self.texts(of: tape) == expected, "seed \(seed), range \(range)")
        }
    }

    @Test("blocks that start at the same time are compared by all of their messages")
    func equalTimes() async throws {
        let order = [3, 2, 4, 1, 0, 2, 3, 1, 4, 0]
        let messages = order.enumerated().map { index, connection in
            TapeArchive.Message(connection: connection, offset: 10, text: "\(connection).\(index)")
        }
        let reader = try await TapeArchive().write(messages: messages, blockMessages: 1)
        let tape = try ArchiveTape(readers: [reader], venue: .binanceSpot, range: ReadRange())
        #expect(
            try Self.texts(of: tape) == messages.map(\.text).sorted { ($0.first ?? "0", $0) < ($1.first ?? "0", $1) }
        )
    }

    @Test("a tape has only the messages of its venue")
    func venues() async throws {
        let archive = try TapeArchive()
        let binance = try await archive.write("b", messages: [.init(connection: 0, offset: 0, text: "b")])
        let hub = try await archive.write("h", venue: "mt4", messages: [.init(connection: 0, offset: 0, text: "h")])
        for (venue, texts) in [(Venue.binanceSpot, ["b"]), (.mt4, ["h"])] {
            let tape = try ArchiveTape(readers: [binance, hub], venue: venue, range: ReadRange())
            #expect(try Self.texts(of: tape) == texts)
        }
    }

    @Test("an empty recording is an empty tape")
    func empty() async throws {
        let reader = try await TapeArchive().write(messages: [])
        let tape = try ArchiveTape(readers: [reader], venue: .binanceSpot, range: ReadRange())
        #expect(try Self.texts(of: tape) == [])
    }
}
