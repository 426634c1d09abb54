import Archive
import FeedrecTestKit
import MarketModel
import Testing
import Transport
import Venues
import WebSocketProtocol

@testable import Replaying

/// What a venue's client gets from a recording of two connections of one feed.
@Suite(.timeLimit(.minutes(5)))
struct ConnectionTurnsTests {
    private typealias Message = TapeArchive.Message

    private static let millisecond: Int64 = 1_000_000

    private static func depth(_ number: Int) -> String {
        #"{"stream":"btcusdt@depth","data":{"e":"depthUpdate","s":"BTCUSDT","u":\#(number)}}"#
    }

    /// The messages of a tape with their times after the start.
    private static func messages(_ tape: ArchiveTape) throws -> [(offset: Int64, text: String)] {
        var tape = tape
        var messages: [(Int64, String)] = []
        var batch = MessageBatch()
        while try tape.next(for: BinanceSession(target: "/ws"), into: &batch) {
            for (entry, text) in zip(batch.entries, batch.texts) {
                messages.append((entry.tsRecv.rawValue - TapeArchive.start.rawValue, text))
            }
            batch.removeAll()
        }
        return messages
    }

    private static func tape(_ readers: [ArchiveReader], from offset: Int64 = -1, to end: Int64 = 1 << 60) throws
        -> ArchiveTape
    {
        let range = ReadRange(from: TapeArchive.time(offset), to: TapeArchive.time(end))
        return try ArchiveTape(readers: readers, venue: .binanceSpot, range: range)
    }

    private static func texts(_ messages: [Message]) async throws -> [String] {
        let archive = try TapeArchive()
        let reader = try await archive.write(messages: messages.sorted { $0.offset < $1.offset }, sharesFeed: true)
        return try Self.messages(try tape([reader])).map(\.text)
    }

    // MARK: Random overlaps

    /// A feed's connections.
    ///
    /// Each has what the venue sent while it was open, with its own delay.
    private struct Market {
        let trades: [String: [String]]
        let messages: [Message]

        init(using generator: inout SplitMix64) {
            let symbols = ["BTCUSDT", "ETHUSDT", "SOLUSDT"].prefix(Int.random(in: 1...3, using: &generator))
            var trades: [String: [String]] = [:]
            var sent: [(time: Int64, text: String)] = []
            var time: Int64 = 0
            for _ in 0..<Int.random(in: 20...300, using: &generator) {
                time += Int64.random(in: 0...40, using: &generator) * millisecond
                guard let symbol = symbols.randomElement(using: &generator) else { continue }
                let text = SpotSample.trade(symbol, id: 1000 + (trades[symbol]?.count ?? 0))
                trades[symbol, default: []].append(text)
                sent.append((time, text))
            }
            var messages: [Message] = []
            var (connection, begin) = (0, Int64(0))
            // Each starts while the previous one, or the one before, is still open.
            while begin <= time {
                let isLast = connection > 5
                let end = isLast ? time : begin + Int64.random(in: 200...3000, using: &generator) * millisecond
                var arrival: Int64 = 0
                let delay = Int64.random(in: 0...90, using: &generator)
                for one in sent where one.time >= begin && one.time <= end {
                    let jitter = Int64.random(in: 0...20, using: &generator)
                    arrival = max(arrival, one.time + (delay + jitter) * millisecond)
                    messages.append(Message(connection: connection, offset: arrival, text: one.text))
                }
                connection += 1
                if end >= time { break }
                // Overlaps by at least the maximum distance between two connections here.
                begin = end - Int64.random(in: 120...700, using: &generator) * millisecond
            }
            self.trades = trades
            self.messages = messages.enumerated().sorted {
                ($0.element.offset, $0.offset) < ($1.element.offset, $1.offset)
            }.map(\.element)
        }

        /// Writes one file, or two files of which the second continues the same connections.
        func write(_ archive: TapeArchive, splitAt split: Int, blockMessages: Int) async throws -> [ArchiveReader] {
            let keys = (0...(messages.map(\.connection).max() ?? 0)).map { UInt64($0) + 77 }
            var readers: [ArchiveReader] = []
            for (index, part) in [messages[..<split], messages[split...]].enumerated() where !part.isEmpty {
                readers.append(
                    try await archive.write(
                        "2026-01-0\(index + 5)",
                        messages: Array(part),
                        blockMessages: blockMessages,
                        sharesFeed: true,
                        journalKeys: keys
                    )
                )
            }
            return readers
        }
    }

    @Test(
        "each number is sent once and in order, and a seek gives the remainder of the same tape",
        arguments: 0..<60 as Range<UInt64>
    )
    func market(seed: UInt64) async throws {
        var generator = SplitMix64(seed: seed)
        let market = Market(using: &generator)
        let isSplit = Bool.random(using: &generator)
        let readers = try await market.write(
            try TapeArchive(),
            splitAt: isSplit ? Int.random(in: 0..<market.messages.count, using: &generator) : market.messages.count,
            blockMessages: Int.random(in: 1...30, using: &generator)
        )
        let whole = try Self.messages(try Self.tape(readers))
        for (symbol, trades) in market.trades {
            let got = whole.map(\.text).filter { $0.contains(symbol) }
            #expect(got == trades, "seed \(seed), \(symbol)")
        }
        #expect(whole.map(\.offset) == whole.map(\.offset).sorted(), "seed \(seed)")
        for _ in 0..<10 {
            let from = Int64.random(in: -1...(whole.last?.offset ?? 0) + 5, using: &generator)
            let to = from + Int64.random(in: 1...3000, using: &generator) * Self.millisecond
            let part = try Self.messages(try Self.tape(readers, from: from, to: to))
            let expected = whole.filter { $0.offset >= from && $0.offset < to }
            #expect(part.map(\.text) == expected.map(\.text), "seed \(seed) from \(from) to \(to)")
        }
    }

    // MARK: Rules

    @Test("a connection that ends before the overlapping one is not played")
    func never() async throws {
        let old = (0..<10).map { Message(connection: 0, offset: Int64($0 * 10), text: SpotSample.trade(id: $0)) }
        let spare = (2..<7).map {
            Message(connection: 1, offset: Int64($0 * 10 - 3), text: SpotSample.trade(id: $0))
        }
        #expect(try await Self.texts(old + spare) == old.map(\.text))
    }

    @Test("messages without numbers are selected by time")
    func unnumbered() async throws {
        let old = (0..<10).map { Message(connection: 0, offset: Int64($0 * 10), text: Self.depth($0)) }
        let new = (6..<15).map { Message(connection: 1, offset: Int64($0 * 10 + 1), text: Self.depth($0)) }
        // The old connection's last message is repeated: it could only be recognised by a number, which it does not
        // have.
        let expected = (0...9).map(Self.depth) + (9..<15).map(Self.depth)
        #expect(try await Self.texts(old + new) == expected)
    }

    @Test("messages that the new connection brought early follow directly after the end of the old one")
    func early() async throws {
        let old = (0..<10).map { Message(connection: 0, offset: Int64($0 * 100), text: SpotSample.trade(id: $0)) }
        let new = (5..<15).map {
            Message(connection: 1, offset: Int64($0 * 100 - 350), text: SpotSample.trade(id: $0))
        }
        let archive = try TapeArchive()
        let reader = try await archive.write(
            messages: (old + new).sorted { $0.offset < $1.offset },
            sharesFeed: true
        )
        let tape = try Self.messages(try Self.tape([reader]))
        #expect(tape.map(\.text) == (0..<15).map { SpotSample.trade(id: $0) })
        #expect(tape.map(\.offset) == [0, 100, 200, 300, 400, 500, 600, 700, 800, 900, 901, 901, 901, 950, 1050])
        let late = try Self.messages(try Self.tape([reader], from: 901))
        #expect(late.map(\.text) == (10..<15).map { SpotSample.trade(id: $0) })
        #expect(try Self.messages(try Self.tape([reader], from: 902)).count == 2)
    }

    @Test("connections of different feeds play everything they have")
    func feeds() async throws {
        let messages = (0..<20).map {
            Message(connection: $0 % 2, offset: Int64($0), text: SpotSample.trade(id: $0 / 2))
        }
        let reader = try await TapeArchive().write(messages: messages)
        #expect(try Self.messages(try Self.tape([reader])).map(\.text) == messages.map(\.text))
    }

    @Test(
        "a venue's client gets each number once, in order, and does not see the end of a connection it did not have"
    )
    func client() async throws {
        let old = (0..<30).map { Message(connection: 0, offset: Int64($0 * 10), text: SpotSample.trade(id: $0)) }
        let new = (10..<60).map {
            Message(connection: 1, offset: Int64($0 * 10 + 4), text: SpotSample.trade(id: $0))
        }
        var end = ConnectionClosed(connectionID: 1, tsClosed: TapeArchive.time(295), closedBy: .remote)
        (end.closeCode, end.closeReason) = (1001, "renewed")
        let reader = try await TapeArchive().write(
            messages: (old + new).sorted { $0.offset < $1.offset },
            ends: [end],
            sharesFeed: true
        )
        let reports = EventLog<SessionReport>()
        let server = try ReplayServer([reader]) { $0.report = { reports.append($0) } }
        try await withServer(server) { server in
            for query in ["", "&breaks=close", "&breaks=skip"] {
                let client = try await connect(server.url + "/stream?streams=btcusdt@trade" + query)
                #expect(try await client.receiveAll().texts == (0..<60).map { SpotSample.trade(id: $0) })
                #expect(client.closeInfo?.reason == "end of the recording")
            }
        }
        await reports.until { $0.count == 3 }
        #expect(Set(reports.all.map(\.digest)).count == 1)
    }

    // MARK: Following

    @Test("a follower gets the new connection's messages from the end of the old one")
    func following() async throws {
        let archive = try TapeArchive()
        let writer = try ArchiveWriter.open(directory: archive.directory.file("f"), day: "2026-01-05")
        let session = try await writer.beginSession(
            SessionStart(kind: .record, tsStart: TapeArchive.start, host: nil, programVersion: "t", configuration: "{}")
        )
        let feed = try await writer.addFeed(FeedRow(sessionID: session, name: "f", venue: "binance-spot", url: nil))
        var ids: [Int64] = []
        for _ in 0..<2 {
            ids.append(try await writer.openConnection(ConnectionOpened(feedID: feed, tsOpened: TapeArchive.start)))
        }
        var index = 0
        func write(_ connection: Int, _ numbers: Range<Int>, delay: Int64) async throws {
            let messages = numbers.map {
                Message(connection: connection, offset: Int64($0 * 10) + delay, text: SpotSample.trade(id: $0))
            }
            let numbered = messages.enumerated().map { (offset: index + $0.offset, element: $0.element) }
            index += messages.count
            var batch = WriteBatch()
            batch.blocks.append(BlockRow(connectionID: ids[connection], try TapeArchive.block(numbered[...])))
            try await writer.write(batch)
        }
        try await write(0, 0..<10, delay: 0)
        let reader = try ArchiveReader(path: writer.path)
        let catalog = try TapeCatalog([reader])
        var tape = VenueReader(catalog, venue: .binanceSpot, range: ReadRange(), follows: true)
        func more() throws -> [Int] {
            var texts: [String] = []
            while case .chunk(let chunk) = try tape.next() { texts += chunk.batch.texts }
            let known = (0..<100).map { SpotSample.trade(id: $0) }
            return texts.compactMap { known.firstIndex(of: $0) }
        }
        #expect(try more() == Array(0..<10))
        try await write(1, 6..<16, delay: -25)
        #expect(try more() == [], "the old one is there still")
        try await write(0, 10..<13, delay: 0)
        #expect(try more() == Array(10..<13))
        try await writer.closeConnection(
            ConnectionClosed(connectionID: ids[0], tsClosed: TapeArchive.time(125), closedBy: .local)
        )
        try await write(1, 16..<20, delay: -25)
        #expect(try more() == Array(13..<20))
        try await write(1, 20..<25, delay: -25)
        #expect(try more() == Array(20..<25))
        await writer.close()
    }
}
