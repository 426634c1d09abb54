import GRDBSQLite
import Synchronization

/// A flag that ends whatever statement runs on a connection, or is about to run, from any thread.
///
/// `sqlite3_interrupt` alone would be lost between two statements.
final class Interruption: Sendable {
    /// Instructions of SQLite's machine between two looks at the flag: well below a millisecond.
    private static let interval: Int32 = 1000
    private let isRequested = Atomic(false)

    /// Makes `handle` obey; the flag must outlive the connection.
    func install(on handle: OpaquePointer?) {
        sqlite3_progress_handler(
            handle,
            Self.interval,
            { context in
                guard let context else { return 0 }
                let interruption = Unmanaged<Interruption>.fromOpaque(context).takeUnretainedValue()
                return interruption.isRequested.load(ordering: .relaxed) ? 1 : 0
            },
            Unmanaged.passUnretained(self).toOpaque()
        )
    }

    /// - Throws: ``ArchiveError/Code/interrupted`` once it has been requested.
    func check(_ path: String) throws(ArchiveError) {
        guard isRequested.load(ordering: .relaxed) else { return }
        throw ArchiveError(code: .interrupted, path: path, detail: "interrupted")
    }

    func request() { isRequested.store(true, ordering: .relaxed) }
}
