import CMessageTable
import GRDB
import GRDBSQLite

/// SQL on one or several recordings, with the virtual table `messages`.
///
/// The first recording is schema `main`. With several, the plural views (`quotes`, `bars`, …) and `messages` cover all of
/// them, with a further column `file`: virtual tables of those names, which SQL finds first, read one file after the
/// other, however many there are. Tables are those of `main`. Up to as many files as SQLite takes are attached, too, as
/// `d1`, `d2`, …, for those who want a table of one of them.
package final class SQLSession: Sendable {
    /// SQLite attaches ten databases.
    private static let attachedMax = 11

    /// Schema names and paths, `main` first; that alone where there are too many to attach.
    package let schemas: [(name: String, path: String)]

    private let queue: DatabaseQueue
    private let interruption: Interruption
    private let lock: ArchiveLock?
    private let set: RecordingSet
    /// What errors name: the recording, or the directory of several.
    private let path: String

    /// Opens `recordings`, at least one; see ``ArchiveLocation/files``.
    ///
    /// With `isWritable` the first may be changed, and its directory's lock is held, so that no recorder runs meanwhile.
    package init(recordings: [String], isWritable: Bool = false) throws(ArchiveError) {
        guard let first = recordings.first else {
            throw ArchiveError(code: .noRecordings, path: "", detail: "there is no recording to query")
        }
        let interruption = Interruption()
        lock = isWritable ? try ArchiveLock(directory: FilePath.parent(of: first)) : nil
        queue = try RecordingFile.openForReading(first, writable: isWritable) { handle in
            feedrec_register_messages(handle)
            interruption.install(on: handle)
        }
        self.interruption = interruption
        path = recordings.count == 1 ? first : FilePath.parent(of: first)
        set = RecordingSet(recordings, interruption)
        let attached = recordings.count <= Self.attachedMax ? recordings : [first]
        schemas = attached.enumerated().map { (name: $0.offset == 0 ? "main" : "d\($0.offset)", path: $0.element) }
        for (schema, path) in schemas.dropFirst() { try attach(path, as: schema) }
        if recordings.count > 1 { try joinViews() }
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
                do {
                    try SQLText(sql, handle: db.sqliteConnection, path: path).run(receive)
                } catch let error as ArchiveError {
                    throw set.takeFailure() ?? error
                }
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
            try queue.inDatabase { db in try set.join(to: db.sqliteConnection, path: schemas[0].path) }
        } catch {
            throw ArchiveError(error, action: "open", path: schemas[0].path)
        }
    }
}
