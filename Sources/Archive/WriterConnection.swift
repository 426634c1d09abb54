import GRDBSQLite
import Synchronization

/// The writing side of one open recording: transactions, statements and checkpoints.
///
/// `@unchecked Sendable`: after its initialiser every call happens inside the serial queue of the database.
final class WriterConnection: @unchecked Sendable {
    /// Pages of 4 KiB in the WAL from which on a commit is followed by a checkpoint: 16 MiB.
    private static let checkpointPages: Int32 = 4096

    let handle: OpaquePointer?
    let path: String
    private let fileSystem: any FileSystem
    private var ticks: TickInserter?
    private var rows: RowInserter?
    /// Set by SQLite after each commit to the length of the WAL in pages.
    private let walPages = UnsafeMutablePointer<Int32>.allocate(capacity: 1)
    /// What the WAL holds, for anybody to read.
    let logBytes = Atomic<Int64>(0)
    /// The WAL length that leads to the next checkpoint; grows where a reader keeps the WAL from being emptied.
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

    /// Runs `body` in one transaction, which is undone where it throws.
    ///
    /// Once this returns the rows survive the death of the process.
    func transaction<Result>(_ body: () throws(ArchiveError) -> Result) throws(ArchiveError) -> Result {
        // After ``finish()`` the handle may be gone.
        guard ticks != nil else { throw closed() }
        try execute("BEGIN IMMEDIATE")
        let result: Result
        do throws(ArchiveError) {
            result = try body()
            try fileSystem.willCommit(path)
            try execute("COMMIT")
        } catch {
            // SQLite may have undone it already, on a full disk for one.
            if sqlite3_get_autocommit(handle) == 0 { sqlite3_exec(handle, "ROLLBACK", nil, nil, nil) }
            throw error
        }
        checkpointIfLong()
        // A frame is a page of 4 KiB and 24 bytes in front of it.
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
        for row in batch.orderUpdates { try rows.insert(row) }
        for key in batch.removedBars { try rows.remove(key) }
        for row in batch.bars { try rows.insert(row) }
        for row in batch.events { try rows.insert(row) }
        for row in batch.gaps { try rows.insert(row) }
        for row in batch.closedSpans { try rows.insert(row) }
        for row in batch.clockSamples { try rows.insert(row) }
        for row in batch.watermarks { try rows.insert(row) }
    }

    /// Compiles, fills and runs a statement that is needed rarely; returns the row number of the last insertion.
    @discardableResult
    func run(_ sql: String, _ bind: (PreparedStatement) -> Void) throws(ArchiveError) -> Int64 {
        let statement = try PreparedStatement(sql, on: handle, path: path)
        bind(statement)
        try statement.run()
        return sqlite3_last_insert_rowid(handle)
    }

    /// Empties the WAL, and gives up WAL mode, so that the file stands alone; where a reader prevents it, it stays.
    ///
    /// A file that is not `inPlace` keeps WAL mode: to give it up, SQLite would open the log of the path again, which may
    /// belong to another recording by now.
    func finish(inPlace: Bool = true) {
        // The handle may be gone.
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

    /// Copies the WAL into the file when it has become long.
    ///
    /// Never waits for readers. Only this connection checkpoints: SQLite before 3.51.3 can lose pages when two do.
    private func checkpointIfLong() {
        guard walPages.pointee >= checkpointAt else { return }
        var walFrames: Int32 = 0
        var copiedFrames: Int32 = 0
        sqlite3_wal_checkpoint_v2(handle, nil, SQLITE_CHECKPOINT_PASSIVE, &walFrames, &copiedFrames)
        // All copied: the next commit starts the WAL from its beginning, as soon as no reader looks at it.
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
