import CSQLite
import Synchronization

/// The writing side of an open recording: transactions, statements and checkpoints.
///
/// `@unchecked Sendable`: after the initialiser, every call runs inside the serial queue of the database.
final class WriterConnection: @unchecked Sendable {
    /// A commit is followed by a checkpoint if the WAL has this many pages of 4 KiB: 16 MiB.
    private static let checkpointPages: Int32 = 4096

    let handle: OpaquePointer?
    let path: String
    private let fileSystem: any FileSystem
    private var ticks: TickInserter?
    private var rows: RowInserter?
    /// The length of the WAL in pages; SQLite sets it after each commit.
    private let walPages = UnsafeMutablePointer<Int32>.allocate(capacity: 1)
    /// The size of the WAL in bytes, readable from any thread.
    let logBytes = Atomic<Int64>(0)
    /// The WAL length for the next checkpoint, in pages; it grows while a reader keeps the WAL from being emptied.
    private var checkpointAt = WriterConnection.checkpointPages

    init(handle: OpaquePointer?, path: String, fileSystem: any FileSystem) throws(ArchiveError) {
        self.handle = handle
        self.fileSystem = fileSystem
        self.path = path
        walPages.initialize(to: 0)
        ticks = try TickInserter(on: handle, path: path)
        rows = try RowInserter(on: handle, path: path)
        sqlite3_wal_hook(
            handle,
            { pages, _, _, count in
                pages?.assumingMemoryBound(to: Int32.self).pointee = count
                return SQLITE_OK
            },
            walPages
        )
    }

    deinit { walPages.deallocate() }

    /// Runs `body` in one transaction, which is rolled back if `body` throws.
    ///
    /// When this returns, the rows survive the death of the process.
    func transaction<Result>(_ body: () throws(ArchiveError) -> Result) throws(ArchiveError) -> Result {
        // After ``finish(inPlace:)`` the handle may be closed.
        guard ticks != nil else { throw closed() }
        try execute("BEGIN IMMEDIATE")
        let result: Result
        do throws(ArchiveError) {
            result = try body()
            try fileSystem.willCommit(path)
            try execute("COMMIT")
        } catch {
            // SQLite may have rolled back already, for example on a full disk.
            if sqlite3_get_autocommit(handle) == 0 { sqlite3_exec(handle, "ROLLBACK", nil, nil, nil) }
            throw error
        }
        checkpointIfLong()
        // A frame is a page of 4 KiB plus a header of 24 bytes.
        logBytes.store(Int64(walPages.pointee) * 4120, ordering: .relaxed)
        return result
    }

    func write(_ batch: WriteBatch) throws(ArchiveError) {
        guard let ticks, let rows else { throw closed() }
        for row in batch.instruments { try rows.insert(row) }
        for row in batch.blocks { try rows.insert(row) }
        try ticks.insert(batch.quotes)
        try ticks.insert(batch.trades)
        for row in batch.marginUpdates { try rows.insert(row) }
        for row in batch.venueBars { try rows.insert(row) }
        for row in batch.bookCheckpoints { try rows.insert(row) }
        for row in batch.orderUpdates { try rows.insert(row) }
        for key in batch.removedBars { try rows.remove(key) }
        for row in batch.bars { try rows.insert(row) }
        for row in batch.events { try rows.insert(row) }
        for row in batch.gaps { try rows.insert(row) }
        for row in batch.removedGaps { try removeGap(row.gapID, ofSession: row.sessionID) }
        for row in batch.closedSpans { try rows.insert(row) }
        for row in batch.clockSamples { try rows.insert(row) }
        for row in batch.watermarks { try rows.insert(row) }
    }

    /// Compiles and runs a rarely used statement; returns the row id of the last insertion.
    @discardableResult
    func run(_ sql: String, _ bind: (PreparedStatement) -> Void) throws(ArchiveError) -> Int64 {
        let statement = try PreparedStatement(sql, on: handle, path: path)
        bind(statement)
        try statement.run()
        return sqlite3_last_insert_rowid(handle)
    }

    /// Empties the WAL and leaves WAL mode, so that the file stands alone; a reader can prevent that.
    ///
    /// If the file is not `inPlace`, it stays in WAL mode: to leave it, SQLite would reopen the log at the path, which
    /// may belong to another recording by now.
    func finish(inPlace: Bool = true) {
        // The handle may be closed.
        guard ticks != nil else { return }
        ticks = nil
        rows = nil
        sqlite3_wal_hook(handle, nil, nil)
        sqlite3_busy_timeout(handle, 250)
        sqlite3_wal_checkpoint_v2(handle, nil, SQLITE_CHECKPOINT_TRUNCATE, nil, nil)
        sqlite3_busy_timeout(handle, 0)
        guard inPlace else { return }
        sqlite3_exec(handle, "PRAGMA journal_mode = DELETE", nil, nil, nil)
    }

    /// Copies the WAL into the file if it has become long.
    ///
    /// It never waits for readers. Only this connection checkpoints: SQLite before 3.51.3 can lose pages if two
    /// connections do.
    private func checkpointIfLong() {
        guard walPages.pointee >= checkpointAt else { return }
        var walFrames: Int32 = 0
        var copiedFrames: Int32 = 0
        sqlite3_wal_checkpoint_v2(handle, nil, SQLITE_CHECKPOINT_PASSIVE, &walFrames, &copiedFrames)
        // Everything was copied: the next commit restarts the WAL from its beginning if no reader uses it.
        let isDone = copiedFrames >= walFrames
        checkpointAt = isDone ? Self.checkpointPages : walPages.pointee + Self.checkpointPages
    }

    private func execute(_ sql: String) throws(ArchiveError) {
        try RecordingFile.execute(sql, handle, path)
    }

    private func closed() -> ArchiveError {
        ArchiveError(code: .database, path: path, detail: "cannot write '\(path)': it has been closed")
    }
}
