import CSQLite
import Dispatch

/// A connection to a SQLite file whose calls run one after the other.
///
/// `@unchecked Sendable`: the handle is used only on the queue, and by `deinit`, after all calls have ended.
final class SerialDatabase: @unchecked Sendable {
    /// How long a call waits for another program's lock, in milliseconds.
    static let busyMilliseconds: Int32 = 5000

    /// The name that SQLite was given: a path, or a URI for reading.
    let name: String
    private let queue = DispatchQueue(label: "feedrec.database")
    private var handle: OpaquePointer?

    /// Opens the file `name`; a missing file is created unless `readonly` is set.
    ///
    /// `setUp` runs before the file is read. `path` is for error texts.
    init(
        _ name: String,
        readonly: Bool,
        path: String,
        setUp: ((OpaquePointer?) -> Void)? = nil
    ) throws(ArchiveError) {
        self.name = name
        let access =
            readonly ? SQLITE_OPEN_READONLY | SQLITE_OPEN_URI : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
        let status = sqlite3_open_v2(name, &handle, access | SQLITE_OPEN_NOMUTEX, nil)
        guard status == SQLITE_OK else { throw abandoned(path) }
        sqlite3_busy_timeout(handle, Self.busyMilliseconds)
        sqlite3_extended_result_codes(handle, 1)
        feedrec_refuse_double_quoted_strings(handle)
        setUp?(handle)
        // SQLite opens a file without reading it. So a file that is no database, or cut in its header, fails here.
        guard sqlite3_exec(handle, "SELECT 1 FROM sqlite_master LIMIT 1", nil, nil, nil) == SQLITE_OK else {
            throw abandoned(path)
        }
    }

    /// Gives up the handle; returns why it cannot be used.
    private func abandoned(_ path: String) -> ArchiveError {
        let failure = ArchiveError(handle: handle, action: "open", path: path)
        sqlite3_close_v2(handle)
        handle = nil
        return failure
    }

    /// SQLite closes the connection when its last statement is finalised.
    deinit { sqlite3_close_v2(handle) }

    /// Runs `body` after all earlier calls; the handle is `nil` after ``close(path:)``.
    ///
    /// `body` must not call this database.
    func run<Value>(_ body: (OpaquePointer?) throws -> Value) rethrows -> Value {
        try queue.sync { try body(handle) }
    }

    /// Runs `body` after all earlier calls, without waiting for it.
    func start(_ body: @escaping @Sendable (OpaquePointer?) -> Void) {
        queue.async { [self] in body(handle) }
    }

    /// Closes the connection; if statements are left, this fails and the connection stays open.
    func close(path: String) throws(ArchiveError) {
        let failure: ArchiveError? = queue.sync {
            guard sqlite3_close(handle) == SQLITE_OK else {
                return ArchiveError(handle: handle, action: "close", path: path)
            }
            handle = nil
            return nil
        }
        if let failure { throw failure }
    }
}
