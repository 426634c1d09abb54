import CMessageTable
import GRDB
import GRDBSQLite

/// SQL on one or several recordings, with the virtual table `messages`.
///
/// The first recording is schema `main`. With several, the views (`quotes`, `bars`, …), the tables (`quote`, `bar`, …) and
/// `messages` cover all of them, with a further column `file`: virtual tables of those names, which SQL finds first, read
/// all files, however many there are. A bar that several files hold counts once. Numbers that each file counts by itself
/// differ between the files. If SQLite can attach that many files, they are also there as `d1`, `d2`, …, to query one.
package final class SQLSession: Sendable {
    /// SQLite attaches ten databases.
    private static let attachedMax = 11

    /// Schema names and paths, `main` first; only `main` if there are too many to attach.
    package let schemas: [(name: String, path: String)]

    private let queue: DatabaseQueue
    private let interruption: Interruption
    private let lock: ArchiveLock?
    private let set: RecordingSet
    private let isSeveral: Bool
    /// What errors name: the recording, or the directory of several.
    private let path: String

    /// Opens `recordings`, at least one; see ``ArchiveLocation/files``.
    ///
    /// With `isWritable` the only one may be changed, and its directory's lock is held, so that no recorder runs meanwhile.
    ///
    /// - Throws: ``ArchiveError/Code/readOnly`` for several recordings with `isWritable`, among others.
    package init(recordings: [String], isWritable: Bool = false) throws(ArchiveError) {
        guard let first = recordings.first else {
            throw ArchiveError(code: .noRecordings, path: "", detail: "there is no recording to query")
        }
        guard !isWritable || recordings.count == 1 else { throw Self.severalToChange(recordings) }
        let interruption = Interruption()
        lock = isWritable ? try ArchiveLock(directory: FilePath.parent(of: first)) : nil
        queue = try RecordingFile.openForReading(first, writable: isWritable) { handle in
            feedrec_register_messages(handle)
            interruption.install(on: handle)
        }
        self.interruption = interruption
        isSeveral = recordings.count > 1
        path = recordings.count == 1 ? first : FilePath.parent(of: first)
        set = RecordingSet(recordings, interruption)
        let attached = recordings.count <= Self.attachedMax ? recordings : [first]
        schemas = attached.enumerated().map { (name: $0.offset == 0 ? "main" : "d\($0.offset)", path: $0.element) }
        for (schema, path) in schemas.dropFirst() { try attach(path, as: schema) }
        if !isWritable { try join() }
    }

    private static func severalToChange(_ recordings: [String]) -> ArchiveError {
        let directory = FilePath.parent(of: recordings[0])
        return ArchiveError(
            code: .readOnly,
            path: directory,
            detail: "SQL can change one recording at a time, and '\(directory)' has \(recordings.count)",
            hint: "name the file"
        )
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
                    let names = isSeveral ? schemas.map(\.name) : []
                    try SQLText(
                        sql,
                        handle: db.sqliteConnection,
                        path: path,
                        schemas: names,
                        isWritable: lock != nil
                    ).run(receive)
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

    /// Puts the tables and views of all recordings, in their newest form, before those of the first.
    private func join() throws(ArchiveError) {
        do {
            try queue.inDatabase { db in
                try set.join(to: db.sqliteConnection, path: schemas[0].path)
                guard !isSeveral else { return }
                try OlderSchema.coverTables(db.sqliteConnection, schemas[0].path)
                try OlderSchema.coverViews(db.sqliteConnection, schemas[0].path)
            }
        } catch {
            throw ArchiveError(error, action: "open", path: schemas[0].path)
        }
    }
}
