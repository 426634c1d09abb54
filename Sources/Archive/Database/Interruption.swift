import CSQLite
import Synchronization

/// A flag, set from any thread, that interrupts any statement that runs or starts on a connection.
///
/// `sqlite3_interrupt` alone has no effect between two statements.
final class Interruption: Sendable {
    /// The number of SQLite's virtual machine instructions between two checks: well below a millisecond.
    private static let interval: Int32 = 1000
    private let isRequested = Atomic(false)

    /// Makes the connection check the flag, which must outlive it.
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

    /// - Throws: ``ArchiveError/Code/interrupted`` if the flag is set.
    func check(_ path: String) throws(ArchiveError) {
        guard isRequested.load(ordering: .relaxed) else { return }
        throw ArchiveError(code: .interrupted, path: path, detail: "interrupted")
    }

    func request() { isRequested.store(true, ordering: .relaxed) }
}
