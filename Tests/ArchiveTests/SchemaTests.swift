import Archive
import Foundation
import Migrations
import Testing

struct SchemaTests {
    @Test("a new recording has the documented tables, columns, indexes and views")
    func golden() async throws {
        let directory = try TemporaryDirectory()
        let writer = try ArchiveWriter.open(directory: directory.path, day: "2026-01-05")
        await writer.close()
        let session = try SQLSession(recordings: [writer.path])
        let lines = try await rows(of: Self.outline, in: session).map { $0.map(text).joined(separator: " ") }
        let golden = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("Golden/schema.v\(Migrations.version).txt")
        if ProcessInfo.processInfo.environment["FEEDREC_UPDATE_GOLDEN"] != nil {
            try (lines.joined(separator: "\n") + "\n").write(to: golden, atomically: true, encoding: .utf8)
        }
        let expected = try String(contentsOf: golden, encoding: .utf8).split(separator: "\n").map(String.init)
        #expect(lines == expected)
    }

    @Test("a recording identifies itself and has its schema version")
    func header() async throws {
        let directory = try TemporaryDirectory()
        let writer = try ArchiveWriter.open(directory: directory.path, day: "2026-01-05")
        #expect(writer.path.hasSuffix("/2026-01-05.feedrec"))
        await writer.close()
        let session = try SQLSession(recordings: [writer.path])
        let header = try await rows(of: "PRAGMA application_id; PRAGMA user_version", in: session)
        #expect(header == [[.integer(0x4652_4543)], [.integer(Int64(Migrations.version))]])
    }

    @Test("every view can be read in an empty recording")
    func views() async throws {
        let directory = try TemporaryDirectory()
        let writer = try ArchiveWriter.open(directory: directory.path, day: "2026-01-05")
        await writer.close()
        let session = try SQLSession(recordings: [writer.path])
        let views = try await rows(of: "SELECT name FROM sqlite_schema WHERE type = 'view'", in: session)
        #expect(views.count == 26)
        for view in views { #expect(try await rows(of: "SELECT * FROM \(text(view[0]))", in: session).isEmpty) }
        #expect(try await rows(of: "SELECT * FROM messages", in: session).isEmpty)
    }

    /// One line per column: object, column, type and constraints.
    private static let outline = """
        SELECT s.type, s.name, c.name, c.type, iif(c."notnull", 'not_null', ''), iif(c.pk, 'key' || c.pk, ''),
            iif(c.hidden = 3, 'generated', '')
        FROM sqlite_schema s JOIN pragma_table_xinfo(s.name, 'main') c
        WHERE s.type IN ('table', 'view') AND s.name NOT LIKE 'sqlite_%'
        UNION ALL
        SELECT s.type, s.name, i.name, s.tbl_name, '', '', ''
        FROM sqlite_schema s JOIN pragma_index_info(s.name) i WHERE s.type = 'index' AND s.sql IS NOT NULL
        """
}

/// All rows that the SQL returns.
func rows(of sql: String, in session: SQLSession) async throws -> [[SQLValue]] {
    var rows: [[SQLValue]] = []
    try await session.run(sql) { event in
        if case .row(let row) = event { rows.append(row) }
    }
    return rows
}

func text(_ value: SQLValue) -> String {
    switch value {
    case .null: "NULL"
    case .integer(let value): "\(value)"
    case .real(let value): "\(value)"
    case .text(let value): value
    case .blob(let value): "\(value.count) bytes"
    }
}
