import CMessageTable
import GRDB
import GRDBSQLite

/// SQL on one or several recordings, with the virtual table `messages`.
///
/// The first recording is schema `main`, the others are attached as `d1`, `d2`, …. With several, the plural views
/// (`quotes`, `bars`, …) cover all of them: a temporary view of that name, which SQL finds first, joins those of the
/// files end to end. Tables, and `messages`, are those of `main` unless the schema is named. SQLite attaches ten files
/// at most, so eleven recordings are the limit.
package final class SQLSession: Sendable {
    package static let recordingsMax = 11

    /// Schema names and paths, `main` first.
    package let schemas: [(name: String, path: String)]

    private let queue: DatabaseQueue
    private let interruption: Interruption
    private let lock: ArchiveLock?

    /// Opens `recordings`, at least one; see ``ArchiveLocation/files``.
    ///
    /// With `isWritable` the first may be changed, and its directory's lock is held, so that no recorder runs meanwhile.
    package init(recordings: [String], isWritable: Bool = false) throws(ArchiveError) {
        guard let first = recordings.first, recordings.count <= Self.recordingsMax else {
            throw ArchiveError(
                code: .database,
                path: recordings.first ?? "",
                detail: "cannot query \(recordings.count) recordings at once: SQLite takes \(Self.recordingsMax)",
                hint: "name the files instead of the directory"
            )
        }
        let interruption = Interruption()
        lock = isWritable ? try ArchiveLock(directory: FilePath.parent(of: first)) : nil
        queue = try RecordingFile.openForReading(first, writable: isWritable) { handle in
            feedrec_register_messages(handle)
            interruption.install(on: handle)
        }
        self.interruption = interruption
        schemas = recordings.enumerated().map { (name: $0.offset == 0 ? "main" : "d\($0.offset)", path: $0.element) }
        for (schema, path) in schemas.dropFirst() { try attach(path, as: schema) }
        if schemas.count > 1 { try joinViews() }
    }

    /// Runs one or more statements and calls `receive` for what they yield, row by row.
    ///
    /// `receive` must not call this session. The call blocks its thread; cancelling the task interrupts it.
    ///
    /// - Throws: ``ArchiveError/Code/badSQL`` with SQLite's message and the offset of the token at fault,
    ///   ``ArchiveError/Code/interrupted``, and what `receive` throws, which ends the run.
    package func run(
        _ sql: String,
        isolation: isolated (any Actor)? = #isolation,
        receive: (SQLEvent) throws -> Void
    ) async throws {
        try await withTaskCancellationHandler {
            try queue.inDatabase { db in
                try SQLText(sql, handle: db.sqliteConnection, path: schemas[0].path).run(receive)
            }
        } onCancel: {
            interruption.request()
        }
    }

    /// Closes the recordings.
    package func close() {
        try? queue.close()
    }

    private func attach(_ path: String, as schema: String) throws(ArchiveError) {
        // Opened once by itself to learn whether it is a recording, and under which name SQLite can open it.
        let name = try RecordingFile.openForReading(path).path
        do {
            try queue.inDatabase { db in
                let statement = try PreparedStatement("ATTACH ? AS \(schema)", on: db.sqliteConnection, path: path)
                statement.bind(1, name)
                try statement.run(action: "open")
            }
        } catch {
            throw ArchiveError(error, action: "open", path: path)
        }
    }

    private func joinViews() throws(ArchiveError) {
        do {
            try queue.inDatabase { db in
                let columns = try viewColumns(db.sqliteConnection)
                for view in Set(columns.flatMap(\.keys)).sorted() where view.allSatisfy({ $0.isLetter || $0 == "_" }) {
                    // A recording with an older schema may lack a view, or columns of it.
                    let all = columns.compactMap { $0[view] }.max { $0.count < $1.count } ?? []
                    let parts = zip(schemas, columns).compactMap { schema, columns -> String? in
                        columns[view].map { own in
                            let list = all.map { own.contains($0) ? $0 : "NULL AS \($0)" }.joined(separator: ", ")
                            return "SELECT \(list) FROM \(schema.name).\(view)"
                        }
                    }
                    try RecordingFile.execute(
                        "CREATE TEMP VIEW \(view) AS \(parts.joined(separator: " UNION ALL "))",
                        db.sqliteConnection,
                        schemas[0].path
                    )
                }
            }
        } catch {
            throw ArchiveError(error, action: "open", path: schemas[0].path)
        }
    }

    /// The columns of each view, for each schema in turn.
    private func viewColumns(_ handle: OpaquePointer?) throws(ArchiveError) -> [[String: [String]]] {
        var all: [[String: [String]]] = []
        for (schema, path) in schemas {
            let statement = try PreparedStatement(
                """
                SELECT v.name, c.name FROM \(schema).sqlite_schema v JOIN pragma_table_info(v.name, '\(schema)') c
                WHERE v.type = 'view' ORDER BY v.name, c.cid
                """,
                on: handle,
                path: path
            )
            var columns: [String: [String]] = [:]
            while try statement.step() { columns[statement.text(0), default: []].append(statement.text(1)) }
            all.append(columns)
        }
        return all
    }
}
