import Archive
import FeedrecTestKit
import Foundation
import MarketModel
import Replaying
import Testing
import Transport
import Venues

@testable import feedrec

/// Recordings of several mappings, replayed to clients that may see only some symbols.
@Suite(.timeLimit(.minutes(5)))
struct JSONRestrictionTests {
    /// Names the symbol in each trade.
    private static let named =
        #"{"message":[{"kind":"trade","match":{"e":"t"},"symbol":"s","price":"p","size":"q"},"#
        + #"{"kind":"accepted","match":{"e":"ok"}},{"kind":"ignore","match":{"e":"news"}}]}"#
    /// Every message is a trade of one symbol, whatever else it contains.
    private static let constant = #"{"message":[{"kind":"trade","symbol_is":"ETH","price":"p","size":"q"}]}"#

    private static let first = [
        #"{"e":"ok"}"#, #"{"e":"t","s":"BTC","p":"1","q":"1"}"#, #"{"e":"news","about":"LTC"}"#,
        #"{"e":"t","s":"LTC","p":"2","q":"1"}"#, "unreadable",
    ]
    private static let second = [#"{"e":"t","s":"BTC","p":"3","q":"1"}"#, #"{"p":"4","q":"1"}"#]

    private let runs: VerbRuns

    init() throws { runs = try VerbRuns() }

    private func record(_ name: String, _ mapping: String, _ texts: [String]) async throws -> String {
        let venue = ScriptedVenue { connection, _ in try await connection.send(MessageBatch(texts: texts)) }
        return try await withServer(venue) { server in
            var plan = FeedPlan(name: name, venue: .genericJSON, url: server.url + "/feed")
            plan.options.set(GenericJSONVenue.mapping, [mapping])
            return try await runs.record(plan)
        }
    }

    @Test("each message is read with the mapping of its own feed")
    func severalMappings() async throws {
        let recording = try await record("first", Self.named, Self.first)
        #expect(try await record("second", Self.constant, Self.second) == recording)
        #expect(try await runs.replay(recording, "/feed") == Self.first + Self.second)
        #expect(try await runs.replay(recording, "/feed", symbols: ["BTC"]) == Array(Self.first[0...1]))
        #expect(try await runs.replay(recording, "/feed", symbols: ["ETH"]) == [Self.first[0]] + Self.second)
        #expect(
            try await runs.replay(recording, "/feed", symbols: ["LTC", "ETH"])
                == [Self.first[0], Self.first[3]] + Self.second
        )
    }

    @Test(
        "a stored mapping with mistakes is used by nothing, and the messages stay",
        arguments: [
            #"{"message":[{"kind":"ping","match":{"e":"t"},"answer":"{value:s.*.x}"}]}"#,
            #"{"message":[{"kind":"trade","symbol":"s.*.x","price":"p.*","size":"q"}]}"#, "{}", "[1]", "\"t\"",
        ]
    )
    func wrongMapping(mapping: String) async throws {
        let recording = try await record("first", Self.named, Self.first)
        let change = "update feed set subscription = json_set(subscription, '$.mapping', json('\(mapping)'))"
        try Self.sqlite(recording, change)
        let error = #expect(throws: ArchiveError.self) { try runs.isSameAfterRebuild(recording) }
        #expect(error?.code == .badReading && error?.detail.contains("its stored mapping is wrong: 'mapping") == true)
        #expect(try await runs.replay(recording, "/feed") == Self.first)
        await #expect(throws: ArchiveError.self) { try await runs.replay(recording, "/feed", symbols: ["BTC"]) }
        #expect(try ArchiveReader(path: recording).summary().tradeCount == 2)
    }

    private static func sqlite(_ file: String, _ sql: String) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["sqlite3", file, sql]
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
    }
}
