import CMessageTable
import CSQLite
import Glibc
import Synchronization

/// Recordings that are queried as one: their views, tables and `messages`.
///
/// Each file is opened on its own connection, and one query connection uses all of them.
final class RecordingSet: Sendable {
    /// The values of the column `file`: file names, or paths if two files have the same name.
    let names: [String]
    private let paths: [String]
    private let interruption: Interruption
    private let failure = Mutex<ArchiveError?>(nil)
    /// The bars that several files hold; determined when a query first reads bars.
    private let seams = Mutex<BarSeams?>(nil)

    /// Columns with numbers that are only unique within one file.
    private static let numberColumns: Set<String> = [
        "session_id", "feed_id", "connection_id", "instrument_id", "event_id", "gap_id", "absence_id", "upkeep_id",
    ]
    /// Views whose rows can be read in order of time; `ticks` always are.
    private static let orders = ["quotes": "timed", "trades": "timed", "ticks": "always"]

    /// `interruption` and the set itself must outlive the connection that the set is joined to.
    init(_ paths: [String], _ interruption: Interruption) {
        self.paths = paths
        self.interruption = interruption
        let last = paths.map { FilePath.lastComponent(of: $0) }
        names = Set(last).count == last.count ? last : paths
    }

    /// Creates virtual tables for all recordings on a connection, under the names of their views and tables.
    ///
    /// SQL finds them before those of the connection's own recording. For a single recording, only quotes, trades and
    /// ticks get one, because of their order.
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
        let schema = try NewestSchema.shared.get()
        let all = schema.views + schema.tables + [schema.messages]
        for relation in all where paths.count > 1 || Self.orders[relation.name] != nil {
            let columns = relation.columns.map { column in
                (Self.numberColumns.contains(column.name) ? "#" : "") + column.declaration
            }
            let order = Self.orders[relation.name] ?? "plain"
            let arguments = ([relation.name, order] + columns).joined(separator: ", ")
            try RecordingFile.execute(
                "CREATE VIRTUAL TABLE temp.\(relation.name) USING feedrec_files(\(arguments))",
                handle,
                path
            )
        }
    }

    /// The error of a file that could not be opened since the last call; SQLite would report the main file instead.
    func takeFailure() -> ArchiveError? {
        failure.withLock { failure in
            defer { failure = nil }
            return failure
        }
    }

    /// Opens one file for `feedrec_files`.
    private static let open: feedrec_open_file = { context, number, view, database, text in
        guard let context, let view, let database, let text else { return SQLITE_MISUSE }
        let set = Unmanaged<RecordingSet>.fromOpaque(context).takeUnretainedValue()
        do throws(ArchiveError) {
            let path = set.paths[Int(number)]
            if database.pointee == nil { database.pointee = try set.openFile(path) }
            if set.paths.count > 1, ["bar", "bars"].contains(String(cString: view)) {
                try set.applySeams(to: database.pointee, Int(number), path)
            }
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

    private func openFile(_ path: String) throws(ArchiveError) -> OpaquePointer? {
        let opened = try RecordingFile.openHandle(path)
        do throws(ArchiveError) {
            feedrec_register_messages(opened.handle)
            interruption.install(on: opened.handle)
            try OlderSchema.coverTables(opened.handle, path)
            try OlderSchema.coverViews(opened.handle, path)
            return opened.handle
        } catch {
            sqlite3_close_v2(opened.handle)
            throw error
        }
    }

    /// Applies the seams to a file, so that it only shows bars that are not whole in another file.
    private func applySeams(to handle: OpaquePointer?, _ number: Int, _ path: String) throws(ArchiveError) {
        let known: BarSeams? = seams.withLock(\.self)
        let found: BarSeams
        if let known {
            found = known
        } else {
            found = try BarSeams(paths)
            seams.withLock { $0 = found }
        }
        try found.apply(to: handle, file: number, path)
    }
}
