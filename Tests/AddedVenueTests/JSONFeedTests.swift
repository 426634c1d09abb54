import Archive
import FeedrecTestKit
import Foundation
import MarketModel
import Recording
import Testing
import Transport
import Venues

@testable import feedrec

/// The examples of feeds that feedrec knows only by a mapping, with messages after their public documentation.
@Suite(.timeLimit(.minutes(5)))
struct JSONFeedTests {
    private static let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    private static let examples = tests.deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("examples/json")

    private let runs: VerbRuns

    init() throws { runs = try VerbRuns() }

    private static func plan(_ name: String) throws -> FeedPlan {
        let document = try ConfigurationDocument(contentsOf: examples.appendingPathComponent(name + ".toml").path)
        return try #require(try RecorderConfiguration(document, flags: [:], environment: [:]).feeds.first)
    }

    private static func samples(_ name: String) -> String {
        tests.appendingPathComponent("JSONFeeds/\(name).txt").path
    }

    /// The messages of the samples, without their times.
    private static func messages(_ name: String) throws -> [String] {
        try String(contentsOfFile: samples(name), encoding: .utf8).split(separator: "\n").map { line in
            String(line.drop { $0 != " " }.dropFirst())
        }
    }

    private func importing(_ name: String) async throws -> ArchiveReader {
        let plan = try Self.plan(name)
        let mapping = try #require(plan.options.text(GenericJSONVenue.mapping))
        let file = try await runs.importing(
            Self.samples(name),
            plan.venue,
            try plan.venuePlan().reading,
            configuration: #"{"mapping":\#(mapping)}"#
        )
        #expect(try runs.isSameAfterRebuild(file))
        return try ArchiveReader(path: file)
    }

    /// The rows of a query, with a space between the values.
    private func rows(_ sql: String, of reader: ArchiveReader) async throws -> [String] {
        let session = try SQLSession(recordings: [reader.path])
        defer { session.close() }
        var lines: [String] = []
        try await session.run(sql) { event in
            guard case .row(let row) = event else { return }
            lines.append(row.map { "\($0)" }.joined(separator: " "))
        }
        return lines
    }

    private static let tradeQuery =
        "SELECT symbol || ' ' || price || ' ' || size || ' ' || aggressor_side || ' ' || trade_id || ' ' || time_event "
        + "FROM trades"

    @Test("messages of Bitstamp are imported with its example")
    func bitstamp() async throws {
        let reader = try await importing("bitstamp")
        #expect(
            try await rows(Self.tradeQuery, of: reader).map(Self.plain) == [
                "BTC/USD 40119.9 0.03 buyer 226610127 2026-03-30T10:28:00.563000000Z",
                "BTC/USD 40119.8 1.5 seller 226610128 2026-03-30T10:28:00.683001000Z",
            ]
        )
        #expect(try Self.kinds(reader) == ["malformed", "reconnect", "unrecognised"])
        #expect(try Set(reader.bookStates().map(\.channel)) == ["order_book"])
        let books = try Self.bookMessages("bitstamp")
        #expect(books.map(\.kind) == [.snapshot, .snapshot] && books.map(\.levels) == [0..<4, 4..<7])
    }

    @Test("messages of Gemini are imported with its example")
    func gemini() async throws {
        let reader = try await importing("gemini")
        #expect(
            try await rows(Self.tradeQuery, of: reader).map(Self.plain) == [
                "BTCUSD 9122.05 0.0911 buyer 2840140800042678 2026-03-30T10:28:00.599000000Z"
            ]
        )
        #expect(try Self.kinds(reader) == ["administrative_trade", "administrative_trade", "auction", "malformed"])
        #expect(try Set(reader.bookStates().map(\.channel)) == ["l2"])
        let books = try Self.bookMessages("gemini")
        #expect(books.map(\.kind) == [.snapshot, .change, .unreadable] && books.map(\.levels.count) == [4, 2, 0])
    }

    /// The text inside `text("…")`, which is how a row prints a text.
    private static func plain(_ row: String) -> String {
        String(row.drop { $0 != "\"" }.dropFirst().prefix { $0 != "\"" })
    }

    private static func kinds(_ reader: ArchiveReader) throws -> [String] {
        var cursor = try reader.events()
        var kinds: [String] = []
        while let row = try cursor.next() { kinds.append(row.kind) }
        return kinds
    }

    private static func bookMessages(_ name: String) throws -> [BookMessage] {
        var dialect = try plan(name).venuePlan().makeDialect(.seconds(1))
        var (events, outgoing) = (MarketEvents(), MessageBatch())
        let batch = MessageBatch(texts: try messages(name))
        _ = dialect.receive(batch, now: UnixNanoseconds(0), events: &events, outgoing: &outgoing)
        return events.bookMessages
    }

    @Test(
        "a feed is recorded from a server, rebuilt, and replayed to any client of its path",
        arguments: ["bitstamp", "gemini"]
    )
    func recordAndReplay(name: String) async throws {
        let texts = try Self.messages(name)
        let asked = EventLog<String>()
        let venue = ScriptedVenue { connection, _ in
            let wanted = name == "bitstamp" ? 4 : 1
            for text in try await connection.receive(count: wanted).texts { asked.append(text) }
            try await connection.send(MessageBatch(texts: texts))
        }
        let recording = try await withServer(venue) { server in
            var plan = try Self.plan(name)
            plan.url = server.url + "/own/path"
            return try await runs.record(plan)
        }
        let reader = try ArchiveReader(path: recording)
        #expect(asked.all.first?.contains(name == "bitstamp" ? "live_trades_btcusd" : #"["BTCUSD","ETHUSD"]"#) == true)
        #expect(asked.all.count == (name == "bitstamp" ? 4 : 1))
        #expect(try reader.summary().tradeCount == (name == "bitstamp" ? 2 : 1))
        #expect(
            try reader.feedOptions(["mapping"]).values.first?["mapping"]?.contains("live_trades")
                == (name == "bitstamp")
        )
        #expect(try runs.isSameAfterRebuild(recording))
        #expect(try await runs.replay(recording, "/own/path") == texts)
    }
}
