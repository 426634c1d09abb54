import CMessageTable
import CSQLite

/// SQL on one or several recordings, with the virtual table `messages`.
///
/// The first recording is schema `main`. With several recordings, the views (`quotes`, `bars`, …), the tables (`quote`,
/// `bar`, …) and `messages` cover all of them and have an additional column `file`. They are virtual tables, which SQL
/// finds first, and work for any number of files. A bar that several files hold counts once. Ids are only unique within
/// one file. If SQLite can attach all files, each is also available as `d1`, `d2`, ….
package final class SQLSession: Sendable {
    /// SQLite attaches ten databases to the main one.
    private static let attachedMax = 11

    /// Schema names and paths, `main` first; only `main` if there are too many files to attach.
    package let schemas: [(name: String, path: String)]

    private let database: SerialDatabase
    private let interruption: Interruption
    private let lock: ArchiveLock?
    private let functions: [RegisteredFunction]
    private let set: RecordingSet
    private let isSeveral: Bool
    /// The path in errors: the recording, or the directory of several recordings.
    private let path: String

    /// Opens `recordings`, which must not be empty; see ``ArchiveLocation/files``.
    ///
    /// If `isWritable`, the only recording may be changed. The lock of its directory is held, so that no recorder runs
    /// meanwhile. Statements may call `functions` like tables.
    ///
    /// - Throws: ``ArchiveError``; ``ArchiveError/Code/readOnly`` for several recordings if `isWritable`.
    package init(
        recordings: [String],
        isWritable: Bool = false,
        functions: [SQLFunction] = []
    ) throws(ArchiveError) {
        guard let first = recordings.first else {
            throw ArchiveError(code: .noRecordings, path: "", detail: "there is no recording to query")
        }
        guard !isWritable || recordings.count == 1 else { throw Self.severalToChange(recordings) }
        let interruption = Interruption()
        lock = isWritable ? try ArchiveLock(directory: FilePath.parent(of: first)) : nil
        let registered = functions.map { RegisteredFunction($0) }
        self.functions = registered
        database = try RecordingFile.openForReading(first, writable: isWritable) { handle in
            feedrec_register_messages(handle)
            for function in registered { _ = function.register(on: handle) }
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

    /// Runs one or more statements and calls `receive` for each row of their results.
    ///
    /// `receive` must not call this session. The call blocks its thread; cancelling the task interrupts it.
    ///
    /// - Throws: ``ArchiveError/Code/badSQL`` with SQLite's message and the offset of the offending token,
    ///   ``ArchiveError/Code/interrupted``, or an error of `receive`, which ends the run.
    package func run(
        _ sql: String,
        isolation: isolated (any Actor)? = #isolation,
        receive: (SQLEvent) throws -> Void
    ) async throws {
        try await withTaskCancellationHandler {
            try database.run { handle in
                do {
                    let names = isSeveral ? schemas.map(\.name) : []
                    try SQLText(
                        sql,
                        handle: handle,
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
        try? database.close(path: path)
    }

    private func attach(_ path: String, as schema: String) throws(ArchiveError) {
        // Open it separately first, to check that it is a recording and to get the name that SQLite can open.
        let name = try RecordingFile.openForReading(path).name
        do {
            try database.run { handle in
                let statement = try PreparedStatement("ATTACH ? AS \(schema)", on: handle, path: path)
                statement.bind(1, name)
                try statement.run(action: "open")
            }
        } catch {
            throw ArchiveError(error, action: "open", path: path)
        }
    }

    /// Creates the tables and views of all recordings, in their newest form; SQL finds them before those of the first.
    private func join() throws(ArchiveError) {
        do {
            try database.run { handle in
                try set.join(to: handle, path: schemas[0].path)
                guard !isSeveral else { return }
                try OlderSchema.coverTables(handle, schemas[0].path)
                try OlderSchema.coverViews(handle, schemas[0].path)
            }
        } catch {
            throw ArchiveError(error, action: "open", path: schemas[0].path)
        }
    }
}
