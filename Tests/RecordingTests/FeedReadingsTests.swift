import Archive
import FeedrecTestKit
import MarketModel
import Testing
import Venues

@testable import Recording

/// The rows of a hub in another time zone: live, recovered and rebuilt.
@Suite(.timeLimit(.minutes(5)))
struct FeedReadingsTests {
    private static let subscription = #"{"broker_time_zone":"+02:00","keeps_personal_data":true}"#
    private static let zones: ZoneLookup = { ZoneRules(fixedOffset: $0) }
    private static let stamp = UpkeepStamp(now: UnixNanoseconds(0), programVersion: "test")

    private static let records = [
        HubScript.tick("1.0850999999999999"),
        #"{"type":1,"target":"OnTicksOHLC","arguments":[{"ticks":[{"symbol":"EURUSD","open":{"bid":1.1,"ask":1.2},"#
            + #""close":{"bid":1.3,"ask":1.4},"lastTime":"2026-01-05T02:00:00","volume":3}]}]}"#,
        #"{"type":2,"invocationId":"3","item":{"order":9,"login":0,"updateType":"Update","symbol":"EURUSD","#
            + #""openTime":"2026-01-05T01:59:00","volumeLots":0.1,"comment":"for Ann"}}"#,
        HubScript.tick("1.08"),
        #"{"type":1,"target":"OnMarginUpdate","arguments":[{"margins":[{"login":7,"balance":123456.7,"equity":100}]}]}"#,
    ].map { $0 + "\u{1E}" }

    /// The content of all tables, except columns that tell how it was stored.
    private static func content(_ directory: TemporaryDirectory) async throws -> [String] {
        let session = try SQLSession(recordings: ArchiveLocation(directory.path).files)
        defer { session.close() }
        var rows: [String] = []
        for table in ["instrument", "quote", "margin_update", "venue_bar", "order_update", "event"] {
            try await session.run("SELECT '\(table)', * FROM \(table)") {
                if case .row(let row) = $0 { rows.append("\(row)") }
            }
        }
        try await session.run("SELECT message_index, payload FROM messages") {
            if case .row(let row) = $0 { rows.append("\(row)") }
        }
        return rows
    }

    /// Records everything, commits the first `committed` messages, and dies.
    private static func recording(committed: Int) async throws -> TemporaryDirectory {
        let directory = try TemporaryDirectory()
        let reading = VenueReading(brokerTimeZone: zones("+02:00"), keepsPersonalData: true)
        let victim = try await Victim(directory, venue: .mt4, subscription: subscription, reading: reading)
        try await victim.open()
        for (index, record) in records.enumerated() {
            let batch = victim.read([record])
            if index < committed { try await victim.commit(batch) }
        }
        try await victim.die()
        return directory
    }

    private static func damage(_ file: String) async throws {
        let session = try SQLSession(recordings: [file], isWritable: true)
        try await session.run("DELETE FROM venue_bar; UPDATE order_update SET ts_open = 5; DELETE FROM quote") { _ in }
        session.close()
    }

    private static func recovered(_ directory: TemporaryDirectory) async throws {
        let lock = try ArchiveLock(directory: directory.path)
        _ = try await ArchiveRecovery(directory: directory.path, lock: lock, zones: zones).run()
    }

    @Test("rows are the same live, after recovery, and rebuilt")
    func same() async throws {
        let live = try await Self.recording(committed: Self.records.count)
        try await Self.recovered(live)
        let content = try await Self.content(live)
        // The broker's 02:00 is midnight here.
        #expect(content.filter { $0.contains("1767571200000000000") }.count >= 2)
        #expect(content.filter { $0.contains("venue_bar") || $0.contains("order_update") }.count == 2)
        #expect(content.contains { $0.contains("for Ann") })
        for committed in [0, 2] {
            let killed = try await Self.recording(committed: committed)
            try await Self.recovered(killed)
            #expect(try await Self.content(killed) == content)
            let file = try ArchiveLocation(killed.path).files[0]
            #expect(try Rebuilder(Self.stamp, isCheck: true, zones: Self.zones).run(file).differences == [])
            try await Self.damage(file)
            let outcome = try Rebuilder(Self.stamp, isCheck: false, zones: Self.zones).run(file)
            #expect(Set(outcome.differences.map(\.table)).isSuperset(of: ["venue_bar", "order_update", "quote"]))
            #expect(try await Self.content(killed) == content)
        }
    }

    @Test("a time zone that is not installed is an error, and nothing is lost")
    func unknownZone() async throws {
        let directory = try await Self.recording(committed: 2)
        let lock = try ArchiveLock(directory: directory.path)
        let recovery = ArchiveRecovery(directory: directory.path, lock: lock, zones: { _ in nil })
        let error = await #expect(throws: ArchiveError.self) { _ = try await recovery.run() }
        #expect(error?.description.contains("time zone '+02:00'") == true)
        let report = try await ArchiveRecovery(directory: directory.path, lock: lock, zones: Self.zones).run()
        #expect(report.messages == 3)
    }
}
