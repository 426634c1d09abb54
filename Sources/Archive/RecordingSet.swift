import CMessageTable
import GRDBSQLite
import Glibc
import Migrations
import Synchronization

/// Recordings that are queried as one: their views, and `messages`, one file after the other.
///
/// The connections it opens belong to the one that asks.
final class RecordingSet: Sendable {
    /// What the column `file` says of each: the name, or the path where two have the same name.
    let names: [String]
    private let paths: [String]
    private let interruption: Interruption
    private let failure = Mutex<ArchiveError?>(nil)

    /// `interruption` must outlive the connection that the set is joined to, and so must the set.
    init(_ paths: [String], _ interruption: Interruption) {
        self.paths = paths
        self.interruption = interruption
        let last = paths.map { FilePath.lastComponent(of: $0) }
        names = Set(last).count == last.count ? last : paths
    }

    /// Gives a connection temporary tables of the views' names, which SQL finds before the views of its own recording.
    func join(to handle: OpaquePointer?, path: String) throws(ArchiveError) {
        var copies = names.map { strdup($0) }
        defer { for copy in copies { free(copy) } }
        let code = copies.withUnsafeMutableBufferPointer { buffer in
            buffer.withMemoryRebound(to: UnsafePointer<CChar>?.self) { texts in
                feedrec_register_files(
                    handle,
                    Int32(texts.count),
                    texts.baseAddress,
                    Self.open,
                    Unmanaged.passUnretained(self).toOpaque()
                )
            }
        }
        guard code == SQLITE_OK else { throw ArchiveError(handle: handle, action: "open", path: path) }
        for (view, columns) in try Self.views() {
            let arguments = ([view] + columns).joined(separator: ", ")
            try RecordingFile.execute(
                "CREATE VIRTUAL TABLE temp.\(view) USING feedrec_files(\(arguments))",
                handle,
                path
            )
        }
    }

    /// Why a file could not be opened since the last call, which SQLite would tell of the main one.
    func takeFailure() -> ArchiveError? {
        failure.withLock { failure in
            defer { failure = nil }
            return failure
        }
    }

    /// Opens one file for `feedrec_files`.
    private static let open: feedrec_open_file = { context, number, database, isOlder, text in
        guard let context, let database, let isOlder, let text else { return SQLITE_MISUSE }
        let set = Unmanaged<RecordingSet>.fromOpaque(context).takeUnretainedValue()
        do throws(ArchiveError) {
            let opened = try RecordingFile.openHandle(set.paths[Int(number)])
            feedrec_register_messages(opened.handle)
            set.interruption.install(on: opened.handle)
            database.pointee = opened.handle
            isOlder.pointee = opened.version < Migrations.version ? 1 : 0
            return SQLITE_OK
        } catch {
            set.failure.withLock { $0 = error }
            let description = error.description
            text.pointee = sqlite3_malloc64(UInt64(description.utf8.count + 1))?
                .assumingMemoryBound(to: CChar.self)
            description.withCString { source in
                if let target = text.pointee { strcpy(target, source) }
            }
            return error.sqliteExtendedCode.map { $0 & 0xFF } ?? SQLITE_CANTOPEN
        }
    }

    /// The views of the newest schema, and `messages`, each with its columns and their types, as in a declaration.
    private static func views() throws(ArchiveError) -> [(name: String, columns: [String])] {
        var handle: OpaquePointer?
        defer { sqlite3_close_v2(handle) }
        let path = ":memory:"
        guard sqlite3_open_v2(path, &handle, SQLITE_OPEN_READWRITE, nil) == SQLITE_OK else {
            throw ArchiveError(handle: handle, action: "open", path: path)
        }
        feedrec_register_messages(handle)
        for step in Migrations.steps { try RecordingFile.execute(step, handle, path) }
        var names = ["messages"]
        do {
            let list = "SELECT name FROM sqlite_schema WHERE type = 'view' ORDER BY name"
            let statement = try PreparedStatement(list, on: handle, path: path)
            while try statement.step() { names.append(statement.text(0)) }
        }
        var views: [(name: String, columns: [String])] = []
        for name in names {
            let statement = try PreparedStatement("SELECT * FROM \(name) LIMIT 0", on: handle, path: path)
            views.append((name, (0..<statement.columnCount).map { statement.declaration(of: $0) }))
        }
        return views
    }
}

extension PreparedStatement {
    /// Name and type of a column, as in the declaration of a table.
    fileprivate func declaration(of column: Int32) -> String {
        [columnName(column), columnType(column)].compactMap { $0 }.joined(separator: " ")
    }
}
