import Archive
import Foundation
import Testing

struct SQLSessionTests {
    @Test("statements run one after the other and return columns, then rows")
    func statements() async throws {
        let (directory, path) = try await Self.recording()
        defer { withExtendedLifetime(directory) {} }
        let session = try SQLSession(recordings: [path])
        var lines: [String] = []
        try await session.run(" SELECT 1 AS a, 'x' AS b; -- comment\n; SELECT NULL, 2.5, x'00ff' ; ") { event in
            switch event {
            case .columns(let names): lines.append("columns \(names.count)")
            case .row(let values): lines.append(values.map(text).joined(separator: "|"))
            }
        }
        #expect(lines == ["columns 2", "1|x", "columns 3", "NULL|2.5|2 bytes"])
    }

    @Test("the raw messages are a table")
    func messages() async throws {
        let (directory, path) = try await Self.recording()
        defer { withExtendedLifetime(directory) {} }
        let session = try SQLSession(recordings: [path])
        let found = try await rows(of: "SELECT payload FROM messages WHERE message_index = 1", in: session)
        #expect(found == [[.text("m1")]])
    }

    @Test(
        "bad SQL is an error with SQLite's message and the position",
        arguments: [("SELECT 1; SELECT nonsense", 17), ("SELECT 1; SELEC", 10), ("SELECT * FROM nowhere", 14)]
    )
    func badSQL(sql: String, offset: Int) async throws {
        let (directory, path) = try await Self.recording()
        defer { withExtendedLifetime(directory) {} }
        let session = try SQLSession(recordings: [path])
        let error = await archiveError { _ = try await rows(of: sql, in: session) }
        #expect(error?.code == .badSQL)
        #expect(error?.description.hasPrefix("bad SQL: ") == true)
        // Some SQLite versions do not report the position, or not for every error.
        #expect(error?.sqlOffset == nil || error?.sqlOffset == offset)
    }

    @Test("a recording is read-only by default, and a transaction left open does no harm")
    func readOnly() async throws {
        let (directory, path) = try await Self.recording()
        defer { withExtendedLifetime(directory) {} }
        let session = try SQLSession(recordings: [path])
        let error = await archiveError { _ = try await rows(of: "DELETE FROM message_block", in: session) }
        #expect(error?.code == .readOnly)
        _ = try await rows(of: "BEGIN", in: session)
        session.close()
        let writable = try SQLSession(recordings: [path], isWritable: true)
        let refused = await archiveError { _ = try ArchiveWriter.open(file: path) }
        #expect(refused?.code == .busy)
        _ = try await rows(of: "DELETE FROM message_block", in: writable)
        #expect(try await rows(of: "SELECT count(*) FROM message_blocks", in: writable) == [[.integer(0)]])
    }

    @Test("cancelling the task interrupts a long query")
    func cancelled() async throws {
        let (directory, path) = try await Self.recording()
        defer { withExtendedLifetime(directory) {} }
        let session = try SQLSession(recordings: [path])
        let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n"
        let task = Task {
            await archiveError {
                var count = 0
                try await session.run(endless) { _ in
                    count += 1
                    if count == 10 { withUnsafeCurrentTask { $0?.cancel() } }
                }
            }
        }
        #expect(await task.value?.code == .interrupted)
    }

    @Test("an error of the receiver ends the run")
    func receiverThrows() async throws {
        struct Stop: Error {}
        let (directory, path) = try await Self.recording()
        defer { withExtendedLifetime(directory) {} }
        let session = try SQLSession(recordings: [path])
        await #expect(throws: Stop.self) { try await session.run("SELECT 1") { _ in throw Stop() } }
    }

    @Test("the views cover all recordings of an archive")
    func severalRecordings() async throws {
        let directory = try TemporaryDirectory()
        let lock = try ArchiveLock(directory: directory.path)
        for day in ["2026-01-05", "2026-01-06", "2026-01-07"] {
            let writer = try ArchiveWriter.open(directory: directory.path, day: day, lock: lock)
            var batch = WriteBatch()
            batch.instruments = [instrument(1, "S\(day)")]
            batch.quotes = [quote(1, 0, message: 0)]
            try await writer.write(batch)
            await writer.close()
        }
        let session = try SQLSession(recordings: ArchiveLocation(directory.path).files)
        #expect(session.schemas.map(\.name) == ["main", "d1", "d2"])
        let symbols = try await rows(of: "SELECT symbol FROM quotes", in: session).map { text($0[0]) }
        #expect(symbols == ["S2026-01-05", "S2026-01-06", "S2026-01-07"])
        #expect(try await rows(of: "SELECT symbol FROM d2.ticks", in: session) == [[.text("S2026-01-07")]])
    }

    private static func recording() async throws -> (TemporaryDirectory, String) {
        let directory = try TemporaryDirectory()
        let recording = try await OpenRecording(directory)
        var batch = WriteBatch()
        batch.blocks = [try block(connectionID: 1, indexes: 0...2)]
        try await recording.writer.write(batch)
        await recording.writer.close()
        return (directory, recording.writer.path)
    }
}
