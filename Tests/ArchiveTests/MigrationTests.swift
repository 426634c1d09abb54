import Archive
import Foundation
import MarketModel
import Migrations
import Testing

/// Recordings of older versions.
struct MigrationTests {
    /// Creates a recording of schema 1 with one margin update.
    private func old(in directory: TemporaryDirectory, day: String) throws -> String {
        let path = directory.file("\(day).feedrec")
        try RawDatabase.run(
            path,
            """
            \(Migrations.steps[0]);
            PRAGMA user_version = 1;
            INSERT INTO session (session_id, kind, ts_start, program_version, configuration)
                VALUES (1, 'record', 5, '0.1', '{}');
            INSERT INTO feed (feed_id, session_id, name, venue) VALUES (1, 1, 'f', 'mt4');
            INSERT INTO margin_update (ts_recv, message_index, item, feed_id, login, digits, balance)
                VALUES (7, 0, 0, 1, 42, 2, 10050);
            INSERT INTO event (ts_recv, message_index, item, feed_id, kind, is_oddity, json)
                VALUES (8, 1, 0, 1, 'OnDebug', 0, '[]');
            """
        )
        return path
    }

    @Test("a recording of schema 1 is read without a change")
    func reading() throws {
        let directory = try TemporaryDirectory()
        let path = try old(in: directory, day: "2026-01-05")
        let before = FileManager.default.contents(atPath: path)
        let reader = try ArchiveReader(path: path)
        var range = ReadRange()
        range.messageIndexMax = 10
        var updates = try reader.marginUpdates(range)
        let row = try #require(try updates.next())
        #expect(row.balance == 10_050 && row.controllingType == nil && row.texts.balance == nil)
        let summary = try reader.summary()
        #expect(summary.marginUpdateCount == 1 && summary.orderUpdateCount == 0 && summary.redactedCount == 0)
        #expect(try ArchiveVerifier.verify(ArchiveLocation(path)).recordings.count == 1)
        #expect(FileManager.default.contents(atPath: path) == before)
    }

    @Test("a recording of schema 1 is migrated by its writer and keeps its rows")
    func writing() async throws {
        let directory = try TemporaryDirectory()
        let path = try old(in: directory, day: "2026-01-05")
        let writer = try ArchiveWriter.open(directory: directory.path, day: "2026-01-05")
        await writer.close()
        let session = try SQLSession(recordings: [path])
        #expect(try await rows(of: "PRAGMA user_version", in: session) == [[.integer(Int64(Migrations.version))]])
        let sql = "SELECT login, balance, balance_text, controlling_type FROM margin_updates"
        #expect(try await rows(of: sql, in: session) == [[.integer(42), .real(100.5), .null, .null]])
        #expect(try await rows(of: "SELECT * FROM order_updates", in: session).isEmpty)
    }

    @Test("old and new recordings are queried together")
    func together() async throws {
        let directory = try TemporaryDirectory()
        let path = try old(in: directory, day: "2026-01-05")
        let writer = try ArchiveWriter.open(directory: directory.path, day: "2026-01-06")
        await writer.close()
        for files in [[path, writer.path], [writer.path, path]] {
            let session = try SQLSession(recordings: files)
            #expect(try await rows(of: "SELECT balance, balance_text FROM margin_updates", in: session).count == 1)
            #expect(try await rows(of: "SELECT * FROM venue_bars", in: session).isEmpty)
            #expect(try await rows(of: "SELECT kind FROM events", in: session) == [[.text("OnDebug")]])
        }
    }

    /// Creates a recording of schema 6 with one quote.
    private func beforeDerivedQuotes(in directory: TemporaryDirectory, day: String) throws -> String {
        let path = directory.file("\(day).feedrec")
        try RawDatabase.run(
            path,
            """
            \(Migrations.steps[..<6].joined(separator: ";\n"));
            PRAGMA user_version = 6;
            INSERT INTO instrument (instrument_id, venue, symbol, price_digits, size_digits) VALUES (1, 'v', 'S', 1, 0);
            INSERT INTO quote (instrument_id, ts_recv, message_index, item, bid_price, ask_price) VALUES (1, 7, 0, 0, 15, 16);
            """
        )
        return path
    }

    /// Creates a recording with a derived quote and another one; its lock ends with this function.
    private func withDerivedQuote(in directory: TemporaryDirectory, day: String) async throws -> String {
        let writer = try ArchiveWriter.open(directory: directory.path, day: day)
        var derived = quote(1, 0, message: 0)
        derived.isDerived = true
        var rows = WriteBatch()
        (rows.instruments, rows.quotes) = ([instrument(1, "S")], [derived, quote(1, 1, message: 1)])
        try await writer.write(rows)
        await writer.close()
        return writer.path
    }

    @Test("quotes of schema 6 are not derived, in the file, with newer ones, and after the migration")
    func derivedQuotes() async throws {
        let directory = try TemporaryDirectory()
        let path = try beforeDerivedQuotes(in: directory, day: "2026-01-05")
        let before = FileManager.default.contents(atPath: path)
        let reader = try ArchiveReader(path: path)
        var quotes = try reader.quotes(ReadRange(messageIndexMax: 10))
        let row = try #require(try quotes.next())
        #expect(row.bidPrice == 15 && !row.isDerived)

        let other = try await withDerivedQuote(in: directory, day: "2026-01-06")
        for files in [[path, other], [other, path]] {
            let session = try SQLSession(recordings: files)
            let sql = "SELECT is_derived FROM quotes ORDER BY ts_recv"
            #expect(try await rows(of: sql, in: session) == [[.integer(0)], [.integer(1)], [.integer(0)]])
            let ticks = "SELECT sum(is_derived), count(*) FROM ticks"
            #expect(try await rows(of: ticks, in: session) == [[.integer(1), .integer(3)]])
        }
        #expect(FileManager.default.contents(atPath: path) == before)
        let migrating = try ArchiveWriter.open(directory: directory.path, day: "2026-01-05")
        await migrating.close()
        let session = try SQLSession(recordings: [path])
        let old = try await rows(of: "SELECT bid, is_derived FROM quotes", in: session)
        #expect(old == [[.real(1.5), .integer(0)]])
    }
}
