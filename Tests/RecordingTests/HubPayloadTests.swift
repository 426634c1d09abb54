import Archive
import FeedrecTestKit
import Foundation
import Interchange
import MarketModel
import Testing
import Transport
import Venues
import WebSocketProtocol

@testable import Recording

/// The way of a hub's payloads from the socket to the rows.
@Suite(.timeLimit(.minutes(5)))
struct HubPayloadTests {
    private static func call(_ target: String, _ payload: String) -> String {
        #"{"type":1,"target":"\#(target)","arguments":[\#(payload)]}"#
    }

    private static func item(_ id: Int, _ item: String) -> String {
        #"{"type":2,"invocationId":"\#(id)","item":\#(item)}"#
    }

    private static let user =
        #"{"type":"Add","user":{"login":7,"group":"demo","password":"SECRET-1","passwordInvestor":"SECRET-2","#
        + #""passwordPhone":"SECRET-3","otpSecret":"SECRET-4","name":"SECRET-Ann","city":"SECRET-5","email":"SECRET-6","#
        + #""lastIP":1,"comment":"SECRET-7","apiData":"SECRET-8","balance":1.5}}"#

    /// One record of each payload kind, with a secret in every possible place.
    static let records = [
        HubScript.tick("1.0850999999999999"),
        call(
            "OnTicks",
            #"{"ticks":[{"tick":{"symbol":"EURUSD","bid":1.1,"ask":1.2}},{"symbol":"US30","bid":"3","ask":4}]}"#
        ),
        item(2, #"{"symbol":"EURUSD","digits":5,"bid":1.3,"ask":1.4,"lastTime":"2026-01-05T00:00:01"}"#),
        call(
            "OnTicksOHLC",
            #"{"ticks":[{"symbol":"EURUSD","open":{"bid":1.1,"ask":1.2},"close":{"bid":1.3,"ask":1.4},"volume":3}]}"#
        ),
        call(
            "OnMarginUpdate",
            #"{"margins":[{"login":7,"balance":123456.7,"equity":100,"margin":1,"level":12.345678901234567,"controllingType":1,"levelType":"Ok"}]}"#
        ),
        item(
            3,
            #"{"order":9,"login":0,"updateType":"Update","symbol":"EURUSD","volumeLots":0.1,"comment":"SECRET-9","apiData":[1]}"#
        ),
        item(4, user),
        call(
            "OnSymbolUpdate",
            #"{"type":"Update","symbol":{"symbol":"EURUSD","digits":5,"description":"Euro","contractSize":100000}}"#
        ),
        call("OnSymbolUpdate", #"{"type":"Add","symbol":{"symbol":"NEWSYM","digits":3,"description":"New"}}"#),
        call("OnOnlineUpdate", #"{"type":"Add","login":7}"#),
        call(
            "OnDebug",
            #"{"category":"x","message":"password: SECRET-10","data":{"inner":"{\"token\":\"SECRET-11\"}"}}"#
        ),
        call("OnSomethingNew", #"{"Authorization":"Bearer SECRET-12"}"#),
        #"{"type":1,"target":"OnDebug","arguments":[{"password":"SECRET-13"}"#,
        #"{"type":1,"headers":{"Authorization":"Bearer SECRET-14"},"target":"OnX","arguments":[]}"#,
        #"{"type":44,"access_token":"SECRET-15"}"#,
        call("OnTick", #"{"tick":null}"#),
    ]

    private static let hub = ScriptedVenue { connection, _ in
        let script = HubScript(connection: connection)
        try await script.answerUntilSubscribed()
        try await connection.send(MessageBatch(texts: records.map { $0 + "\u{1E}" }))
        // A record in two messages, with its secret split over both.
        try await connection.send(MessageBatch(texts: [#"{"type":2,"item":{"user":{"password":"SECRET-a"#]))
        try await connection.send(MessageBatch(texts: [#"SECRET-b"}}}"# + "\u{1E}"]))
        try await script.listen()
    }

    /// Records the hub until it has sent everything.
    private static func recorded() async throws -> RecorderBench {
        let bench = try RecorderBench.hub()
        _ = try await withServer(hub) { server in
            async let outcome = bench.record(server.url)
            await bench.commit { $0.received >= Int64(records.count) + 4 }
            bench.stop.request(.signal)
            return try await outcome
        }
        return bench
    }

    @Test("nothing that is written or reported contains a secret")
    func secrets() async throws {
        let bench = try await Self.recorded()
        let files = try FileManager.default.contentsOfDirectory(atPath: bench.directory.path)
        #expect(!files.isEmpty)
        for file in files {
            let data = FileManager.default.contents(atPath: bench.directory.path + "/" + file) ?? Data()
            #expect(data.range(of: Data("SECRET-".utf8)) == nil, "\(file)")
        }
        #expect(!bench.reports.all.map { "\($0)" }.joined().contains("SECRET-"))
        let stored = try bench.stored()
        #expect(stored.problems == [])
        // The blocks are compressed, so the decoded messages are checked.
        #expect(!stored.messages.map(\.text).joined().contains("SECRET-"))
        #expect(stored.summary.redactedCount == 9)
    }

    @Test("every payload becomes the right rows")
    func rows() async throws {
        let bench = try await Self.recorded()
        let file = try ArchiveLocation(bench.directory.path).files[0]
        func query(_ sql: String) async throws -> [String] {
            var rows: [String] = []
            try await SQLSession(recordings: [file]).run(sql) { event in
                guard case .row(let values) = event else { return }
                rows.append(values.map(Self.text).joined(separator: "|"))
            }
            return rows
        }
        #expect(
            try await query(
                "SELECT balance_text, margin_level_text, margin_level, controlling_type, state FROM margin_updates"
            )
                == ["123456.7|12.345678901234567|12.345678901234567|currency|ok"]
        )
        #expect(
            try await query(
                "SELECT symbol, source, bid_open, ask_close, bid_high, tick_count, interval_ns FROM venue_bars"
            )
                == ["EURUSD|venue|1.1|1.4|NULL|3|NULL"]
        )
        #expect(
            try await query("SELECT ticket, change, login, symbol, volume_lots FROM order_updates")
                == ["9|deleted|0|EURUSD|0.1"]
        )
        #expect(
            try await query(
                "SELECT symbol, details FROM instruments WHERE details IS NOT NULL ORDER BY symbol, instrument_id"
            ) == [
                #"EURUSD|{"symbol":"EURUSD","digits":5,"description":"Euro","contractSize":100000}"#,
                #"NEWSYM|{"symbol":"NEWSYM","digits":3,"description":"New"}"#,
            ]
        )
        let kinds = try await query("SELECT kind FROM events WHERE NOT is_oddity ORDER BY event_id")
        let expected = [
            "subscription", "UserUpdate", "OnSymbolUpdate", "OnSymbolUpdate", "OnOnlineUpdate", "OnDebug",
            "OnSomethingNew", "OnX", "UserUpdate",
        ]
        #expect(kinds.sorted() == expected.sorted())
        #expect(
            try await query("SELECT DISTINCT kind FROM events WHERE is_oddity ORDER BY kind") == [
                "OnTick", "malformed", "withheld",
            ]
        )
        #expect(try await query("SELECT count(*) FROM quotes") == ["4"])
        #expect(try await query("SELECT sum(redacted) FROM messages") == ["9"])
    }

    @Test("an import of the stored messages gives the same rows")
    func rebuilt() async throws {
        let bench = try await Self.recorded()
        let stored = try bench.stored()
        let lines = stored.messages.filter { $0.direction == .received }.map { "\($0.tsRecv.rawValue) \($0.text)\n" }
        let directory = try TemporaryDirectory()
        let path = try directory.write(lines.joined(), to: "messages.txt")
        let importer = MessageImporter(
            configuration: MessageImporter.Configuration(
                venue: .mt4,
                format: .ns,
                malformedLines: .fail,
                barIntervals: [],
                session: .testImport()
            ),
            report: { _ in }
        )
        let imported = try await importer.run(paths: [path]) { day throws(ArchiveError) in
            try ArchiveWriter.open(directory: directory.path + "/archive", day: day)
        }
        func content(_ file: String) async throws -> [String] {
            var rows: [String] = []
            let queries = [
                "SELECT i.symbol, ts_event, bid_price, ask_price, price_digits FROM quote q JOIN instrument i USING (instrument_id) ORDER BY message_index, item",
                "SELECT * FROM (SELECT login, balance_text, equity, margin_level, digits, controlling_type FROM margin_update)",
                "SELECT ticket, change, login, symbol, volume_lots, json FROM order_update",
                "SELECT kind, symbol, is_oddity, json FROM event WHERE message_index IS NOT NULL ORDER BY message_index, item",
                "SELECT symbol, price_digits, details FROM instrument ORDER BY instrument_id",
                "SELECT bid_open, bid_close, ask_open, ask_close, tick_count FROM venue_bar",
            ]
            for sql in queries {
                try await SQLSession(recordings: [file]).run(sql) { event in
                    guard case .row(let values) = event else { return }
                    rows.append(values.map(Self.text).joined(separator: "|"))
                }
            }
            return rows
        }
        let original = try await content(ArchiveLocation(bench.directory.path).files[0])
        #expect(original.count > 20)
        #expect(try await content(imported.summary.file) == original)
    }

    @Test("a hub that loses its trade server leaves a gap on a healthy connection")
    func link() async throws {
        let bench = try RecorderBench.hub()
        let hub = ScriptedVenue { connection, _ in
            let script = HubScript(connection: connection)
            try await script.answerUntilSubscribed()
            try await script.send(HubScript.tick("1.1"))
            try await script.send(Self.call("OnMT4ConnectionStatus", #"{"tradePlatform":"P","connected":false}"#))
            try await script.send(Self.call("OnMT4ConnectionStatus", #"{"tradePlatform":"P","connected":false}"#))
            try await script.send(Self.call("OnMT4ConnectionStatus", #"{"tradePlatform":"P","connected":true}"#))
            try await script.send(HubScript.tick("1.1"))
            try await script.listen()
        }
        let outcome = try await withServer(hub) { server in
            async let outcome = bench.record(server.url)
            await bench.commit { $0.received >= 8 }
            bench.stop.request(.signal)
            return try await outcome
        }
        #expect(outcome.totals.gaps == 1)
        let stored = try bench.stored()
        #expect(stored.problems == [] && stored.connections.count == 1)
        #expect(stored.gaps.map(\.cause) == ["upstream"] && stored.gaps.allSatisfy { $0.tsTo != nil })
        let file = try ArchiveLocation(bench.directory.path).files[0]
        var incomplete: [String] = []
        try await SQLSession(recordings: [file]).run("SELECT DISTINCT is_complete FROM bar") { event in
            if case .row(let values) = event { incomplete += values.map(Self.text) }
        }
        #expect(incomplete == ["0"])
        #expect(stored.sent.last?.contains("UnsubscribeFromTicks") == true)
    }

    @Test("a close reason with a secret is stored and reported without it")
    func closeReason() async throws {
        var bench = try RecorderBench.hub()
        bench.policy.isOnce = true
        let hub = ScriptedVenue { connection, _ in
            let script = HubScript(connection: connection)
            try await script.answerUntilSubscribed()
            _ = await connection.close(code: 4001, reason: "SECRET-token is no good token: SECRET-x")
        }
        let error = await failure { [bench] in
            _ = try await withServer(hub) { server in try await bench.committing { try await bench.record(server.url) }
            }
        }
        #expect(error.map { !"\($0)".contains("SECRET-") } == true)
        let reasons = try bench.stored().connections.compactMap(\.closed?.closeReason)
        #expect(reasons == ["*** is no good token ***"])
    }

    private static func text(_ value: SQLValue) -> String {
        switch value {
        case .null: "NULL"
        case .integer(let value): "\(value)"
        case .real(let value): "\(value)"
        case .text(let value): value
        case .blob(let value): "\(value.count) bytes"
        }
    }
}
