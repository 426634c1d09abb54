import Archive
import FeedrecTestKit
import JournalFormat
import MarketModel
import Testing
import Venues

@testable import Recording

/// Feeds that share a recording number their messages without a gap, whatever is stored when the recorder dies.
@Suite(.timeLimit(.minutes(5)))
struct MessageNumberTests {
    private static func trades(_ ids: Range<Int>) -> [String] { ids.map { SpotSample.trade(id: $0) } }

    private static func ticks(_ ids: Range<Int>) -> [String] {
        ids.map {
            #"{"type":1,"target":"OnTick","arguments":[{"symbol":"EURUSD","bid":1.\#(1000 + $0),"ask":1.3}]}"#
                + "\u{1E}"
        }
    }

    /// What a feed does next.
    enum Step: Sendable {
        /// Reads and captures this number of messages.
        case take(feed: Int, Int)
        /// Stores what a feed has captured.
        case store(feed: Int)
    }

    @Test(
        "A1 two feeds, one of them with captured but unstored messages, leave no hole after a kill",
        arguments: [
            [.take(feed: 0, 7), .take(feed: 1, 5), .store(feed: 1)],
            [
                .take(feed: 0, 7), .store(feed: 0), .take(feed: 0, 3), .take(feed: 1, 5), .take(feed: 0, 2),
                .store(feed: 1),
            ],
            [
                .take(feed: 1, 4), .take(feed: 0, 6), .store(feed: 0), .take(feed: 1, 4), .take(feed: 0, 1),
                .store(feed: 0),
            ],
            [
                .take(feed: 0, 3), .take(feed: 1, 3), .store(feed: 1), .take(feed: 1, 2), .store(feed: 0),
                .take(feed: 0, 9),
            ],
        ] as [[Step]]
    )
    func twoFeeds(steps: [Step]) async throws {
        let directory = try TemporaryDirectory()
        var counts = [0, 0]
        do {
            let spot = try await Victim(directory)
            let hub = try await Victim(beside: spot, name: "hub", venue: .mt4)
            try await spot.open()
            try await hub.open()
            let feeds = [spot, hub]
            for step in steps {
                switch step {
                case .take(let feed, let count):
                    let ids = counts[feed]..<counts[feed] + count
                    feeds[feed].take(feeds[feed].read(feed == 0 ? Self.trades(ids) : Self.ticks(ids)))
                    counts[feed] += count
                case .store(let feed): try await feeds[feed].commit()
                }
            }
            hub.capture.closeHistory()
            try await spot.die()
        }
        try await RecoveryTests.recover(directory)
        let stored = try StoredRecording(directory)
        #expect(stored.problems == [])
        #expect(stored.received.filter { $0.contains("BTCUSDT") } == Self.trades(0..<counts[0]))
        #expect(stored.received.filter { $0.contains("EURUSD") } == Self.ticks(0..<counts[1]))
        #expect(stored.summary.tradeCount == Int64(counts[0]) && stored.summary.quoteCount == Int64(counts[1]))
        #expect(stored.gaps.map(\.cause) == ["restart", "restart"])
        #expect(try Self.rowsFollowMessages(directory))
    }

    /// True if the trade of each message refers to it.
    private static func rowsFollowMessages(_ directory: TemporaryDirectory) throws -> Bool {
        let reader = try ArchiveReader(path: directory.file("2026-01-05.feedrec"))
        var ids: [Int64: Int64] = [:]
        var cursor = try reader.messages()
        while let run = try cursor.next() {
            for position in run.range {
                let text = String(decoding: run.block.batch.payload(at: position), as: UTF8.self)
                guard let part = text.split(separator: "\"t\":").dropFirst().first else { continue }
                ids[run.block.messageIndexes[position]] = Int64(part.prefix { $0.isNumber })
            }
        }
        var trades = try reader.trades()
        while let trade = try trades.next() {
            guard ids.removeValue(forKey: trade.messageIndex) == trade.tradeID else { return false }
        }
        return ids.isEmpty
    }

    @Test(
        "kind 1 numbers follow the order in which feeds hand over, and a block may span the other feed's messages"
    )
    func handingOver() async throws {
        let directory = try TemporaryDirectory()
        let spot = try await Victim(directory)
        let hub = try await Victim(beside: spot, name: "hub", venue: .mt4)
        spot.take(spot.read(Self.trades(0..<3)))
        hub.take(hub.read(Self.ticks(0..<2)))
        #expect(try Self.numbers(hub.capture.takeWork(clock: Victim.start)) == [0, 1])
        #expect(try Self.numbers(spot.capture.takeWork(clock: Victim.start)) == [2, 3, 4])
        spot.take(spot.read(Self.trades(3..<4)))
        hub.take(hub.read(Self.ticks(2..<302)))
        let grown = hub.capture.takeWork(clock: Victim.start)
        #expect(try Self.numbers(grown) == [0, 1] + Array(5..<305))
        #expect(grown.rows.quotes.map(\.messageIndex) == Array(5..<305))
        let last = spot.capture.takeWork(clock: Victim.start)
        #expect(try Self.numbers(last) == [2, 3, 4, 305])
        #expect(last.rows.trades.map(\.messageIndex) == [305])
        try await spot.die()
    }

    private static func numbers(_ work: CaptureWork) throws -> [Int64] {
        try work.blocks.flatMap { try BlockDecoder().decode(try $0.builder.encode(with: nil).bytes).messageIndexes }
    }
}
