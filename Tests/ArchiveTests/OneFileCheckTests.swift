import Archive
import Foundation
import Testing

/// SQL on several recordings must not read from only one of them.
@Suite(.timeLimit(.minutes(5)))
struct OneFileCheckTests {
    private let directory: TemporaryDirectory
    private let files: [String]

    /// Two recordings; the second has a table, a view and statistics that a user added.
    init() async throws {
        let directory = try TemporaryDirectory()
        let lock = try ArchiveLock(directory: directory.path)
        for day in ["2026-01-05", "2026-01-06"] {
            let writer = try ArchiveWriter.open(directory: directory.path, day: day, lock: lock)
            var batch = WriteBatch()
            batch.instruments = [instrument(1, "BTCUSDT")]
            batch.quotes = [quote(1, 1, message: 0)]
            try await writer.write(batch)
            await writer.close()
        }
        withExtendedLifetime(lock) {}
        self.directory = directory
        files = ["2026-01-05", "2026-01-06"].map { directory.file($0 + ".feedrec") }
    }

    private func addNotes() async throws {
        let session = try SQLSession(recordings: [files[1]], isWritable: true)
        defer { session.close() }
        let sql = "CREATE TABLE notes (t); INSERT INTO notes VALUES (7); CREATE VIEW v AS SELECT * FROM notes; ANALYZE"
        _ = try await rows(of: sql, in: session)
    }

    private func query(_ sql: String) async throws -> [String] {
        let session = try SQLSession(recordings: files)
        defer { session.close() }
        return try await rows(of: sql, in: session).map { $0.map(text).joined(separator: "|") }
    }

    @Test(
        "kind 7 SQLite's own tables belong to one file, which the statement has to name",
        arguments: [
            "SELECT name FROM sqlite_schema", "SELECT count(*) FROM sqlite_master",
            "select 1 from SQLITE_SCHEMA limit 1",
            #"SELECT count(*) FROM "sqlite_schema""#, "SELECT count(*) FROM [sqlite_schema]",
            "SELECT count(*) FROM 'sqlite_schema'", "WITH s AS (SELECT * FROM sqlite_schema) SELECT count(*) FROM s",
            "SELECT (SELECT count(*) FROM sqlite_schema) FROM quotes",
            "SELECT count(*) FROM sqlite_schema WHERE name = 'main.sqlite_schema'",
            "SELECT count(*) FROM sqlite_schema -- main.sqlite_schema",
            "SELECT count(*) FROM main.sqlite_schema, sqlite_schema s",
            "SELECT count(*) FROM main.sqlite_schema UNION ALL SELECT count(*) FROM/**/sqlite_schema",
            "CREATE TEMP VIEW s AS SELECT * FROM sqlite_schema; SELECT name FROM s",
            "SELECT 1 FROM quotes WHERE EXISTS (SELECT 1 FROM sqlite_schema s WHERE s.name = 'quote')",
            "SELECT 1 FROM json_each('[1]'), sqlite_schema", "SELECT 1 FROM (sqlite_schema)",
        ]
    )
    func schema(sql: String) async throws {
        let error = await archiveError { _ = try await query(sql) }
        #expect(error?.code == .badSQL && error?.hint?.contains("'main.sqlite_schema'") == true, "\(error as Any)")
        #expect(error?.detail.contains("sqlite_schema is about one recording") == true, "\(error as Any)")
    }

    @Test(
        "kind 7 a PRAGMA used as a table function is rejected like the statement, unless it names the file",
        arguments: [
            "SELECT * FROM pragma_user_version", "SELECT * FROM pragma_integrity_check", "PRAGMA page_count",
            "SELECT count(*) FROM quotes, pragma_application_id", "PRAGMA quick_check(1)",
            "SELECT * FROM pragma_index_list('quote')", "SELECT 1; PRAGMA Journal_Mode",
        ]
    )
    func pragma(sql: String) async throws {
        let error = await archiveError { _ = try await query(sql) }
        #expect(error?.code == .badSQL && error?.detail.contains("is about one recording") == true, "\(error as Any)")
    }

    @Test(
        "kind 7 statements that name the file, or concern no file, are answered",
        arguments: [
            ("SELECT count(*) > 5 FROM main.sqlite_schema", "1"),
            (#"SELECT count(*) > 5 FROM "d1" . [sqlite_master]"#, "1"),
            ("SELECT s.name FROM main.sqlite_schema s, json_each('[1]') WHERE s.name = 'quote'", "quote"),
            ("SELECT count(*) FROM quotes WHERE symbol <> 'sqlite_schema'", "2"),
            ("SELECT count(*) > 0 FROM pragma_index_list('message_block', 'd1')", "1"),
            ("SELECT count(*) > 1 FROM pragma_table_info('quote')", "1"), ("PRAGMA d1.application_id", "1179796803"),
            ("SELECT value FROM json_each('[5]')", "5"),
            ("CREATE TEMP TABLE mine AS SELECT * FROM quotes; SELECT count(*) FROM mine", "2"),
            ("SELECT count(*) FROM sqlite_temp_schema WHERE name = 'quote'", "1"),
        ]
    )
    func named(sql: String, answer: String) async throws {
        #expect(try await query(sql) == [answer], "\(sql)")
    }

    @Test("kind 7 VACUUM INTO, which would copy only the first file, is rejected and leaves nothing")
    func copying() async throws {
        for recordings in [files, [files[0]]] {
            let session = try SQLSession(recordings: recordings)
            defer { session.close() }
            let copy = directory.file("copy.db")
            let error = await archiveError { _ = try await rows(of: "-- x\nvacuum main into '\(copy)'", in: session) }
            #expect(error?.detail.contains("VACUUM") == true && error?.hint?.contains(".backup") == true)
            #expect(!FileManager.default.fileExists(atPath: copy))
        }
    }

    @Test("kind 7 a table or view that a user added to one of the files is only read if the statement names the file")
    func added() async throws {
        try await addNotes()
        for sql in ["SELECT * FROM notes", "SELECT count(*) FROM v", "SELECT * FROM sqlite_stat1"] {
            let error = await archiveError { _ = try await query(sql) }
            #expect(error?.detail.contains("is about one recording") == true, "\(sql): \(error as Any)")
        }
        #expect(try await query("SELECT * FROM d1.notes") == ["7"])
        #expect(try await query("SELECT count(*) FROM d1.v") == ["1"])
        #expect(try await query("SELECT count(*) > 0 FROM d1.sqlite_stat1") == ["1"])
        #expect(try await query("WITH notes AS (SELECT 1) SELECT count(*) FROM quotes") == ["2"])
    }
}
