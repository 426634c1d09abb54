import Synchronization

/// The only writer of a recording.
///
/// Calls run one after the other on the database's queue. A cancelled task does not stop a call that has begun. When a
/// call returns, its rows are committed and survive the death of the process. A call that throws has stored nothing; it
/// may be repeated if ``ArchiveError/isRetryable``.
package final class ArchiveWriter: Sendable {
    /// The recording being written.
    package let path: String
    /// The right to write to the directory; pass it to the next writer when a new file is started.
    package let lock: ArchiveLock
    /// The identity of the recording; its copies have the same one.
    package let recordingID: String
    /// The index that the next message of this recording must have; 0 in a new one.
    package let nextMessageIndex: Int64
    /// The instruments in the recording when it was opened, in order of their ids.
    package let instruments: [InstrumentRow]

    private let database: SerialDatabase
    private let files: OpenFiles
    private let connection: WriterConnection
    private let lastInstrumentID: Atomic<Int64>
    private let lastGapID: Atomic<Int64>

    /// Opens the recording of a day in an archive; creates both if they are missing.
    ///
    /// `day` is `yyyy-mm-dd`; the file is the newest of that day, or a new one if that is sealed. Pass `lock` if the
    /// caller already holds the directory's lock.
    package static func open(
        directory: String,
        day: String,
        lock: ArchiveLock? = nil,
        fileSystem: any FileSystem = SystemFileSystem()
    ) throws(ArchiveError) -> ArchiveWriter {
        let file = try RecordingName.current(in: directory, day: day)
        return try ArchiveWriter(file: file, directory: directory, lock: lock, fileSystem: fileSystem)
    }

    /// Opens one recording by its path; creates it and its directory if they are missing.
    package static func open(
        file: String,
        lock: ArchiveLock? = nil,
        fileSystem: any FileSystem = SystemFileSystem()
    ) throws(ArchiveError) -> ArchiveWriter {
        try ArchiveWriter(file: file, directory: FilePath.parent(of: file), lock: lock, fileSystem: fileSystem)
    }

    private init(
        file: String,
        directory: String,
        lock: ArchiveLock?,
        fileSystem: any FileSystem
    ) throws(ArchiveError) {
        try FilePath.createDirectory(directory)
        path = file
        self.lock = if let lock { lock } else { try ArchiveLock(directory: directory) }
        database = try RecordingFile.openForWriting(file)
        do {
            let opened = try database.run { handle in try OpenedRecording(handle, path: file, fileSystem) }
            connection = opened.connection
            recordingID = opened.recordingID
            instruments = opened.instruments
            nextMessageIndex = opened.nextMessageIndex
            lastInstrumentID = Atomic(opened.lastInstrumentID)
            lastGapID = Atomic(opened.lastGapID)
            files = OpenFiles(file)
        } catch {
            throw ArchiveError(error, action: "open", path: file)
        }
    }

    /// A new id for a row of ``WriteBatch/instruments``.
    package func makeInstrumentID() -> Int64 {
        lastInstrumentID.wrappingAdd(1, ordering: .relaxed).newValue
    }

    /// A new id for a row of ``WriteBatch/gaps``.
    package func makeGapID() -> Int64 {
        lastGapID.wrappingAdd(1, ordering: .relaxed).newValue
    }

    /// Continues the instrument ids of `earlier`, so that an instrument can have the same id in both files.
    package func continueNumbers(of earlier: ArchiveWriter) {
        let last = earlier.lastInstrumentID.load(ordering: .relaxed)
        lastInstrumentID.max(last, ordering: .relaxed)
    }

    /// What happened to the file since it was opened; `nil` while its path still leads to it.
    package var loss: RecordingLoss? { files.loss }

    /// The size of the file and its WAL, in bytes.
    package var byteCount: Int64 {
        [path, path + "-wal"].reduce(0) { sum, path in
            guard case .file(let bytes) = FilePath.kind(of: path) else { return sum }
            return sum + Int64(bytes)
        }
    }

    /// The present size of the write-ahead log, in bytes.
    ///
    /// It stays below about 17 MiB unless a reader holds a transaction: later commits cannot be moved into the file
    /// before that transaction ends.
    package var logBytes: Int64 { connection.logBytes.load(ordering: .relaxed) }

    /// Stores the rows of `batch` in one transaction.
    package func write(_ batch: WriteBatch) async throws(ArchiveError) {
        guard !batch.isEmpty else { return }
        try await perform { connection throws(ArchiveError) in try connection.write(batch) }
    }

    /// Makes every commit survive a power failure, at the cost of one sync per commit.
    package func makePowerSafe() throws(ArchiveError) {
        do {
            try database.run { handle in try RecordingFile.execute("PRAGMA synchronous = FULL", handle, path) }
        } catch {
            throw ArchiveError(error, action: "write", path: path)
        }
    }

    /// Runs `body` in a transaction on the database's queue, even in a cancelled task: the last rows of a recording are
    /// written in one.
    func perform<Value: Sendable>(
        _ body: @escaping @Sendable (WriterConnection) throws(ArchiveError) -> Value
    ) async throws(ArchiveError) -> Value {
        let connection = connection
        let result: Result<Value, ArchiveError> = await withCheckedContinuation { continuation in
            database.start { _ in
                do throws(ArchiveError) {
                    let value = try connection.transaction { () throws(ArchiveError) in try body(connection) }
                    continuation.resume(returning: .success(value))
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
        }
        return try result.get()
    }

    /// Moves everything into the one file, which then stands alone unless a reader has it open.
    ///
    /// After this, calls of the writer throw. The lock is released with the last reference to it.
    package func close() async {
        let connection = connection
        let loss = files.loss
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            database.start { _ in
                connection.finish(inPlace: loss != .deleted && loss != .moved)
                continuation.resume()
            }
        }
        // Late calls find no statements. If this fails, the file stays as closing it at deinit would leave it.
        try? database.close(path: path)
        if loss != nil { files.removeOrphans() }
        // Another file has these messages now: they must not be read twice.
        if loss == .cut { files.setAside() }
    }
}

/// The state of a recording that a writer needs in order to continue it.
private struct OpenedRecording {
    let connection: WriterConnection
    let recordingID: String
    let instruments: [InstrumentRow]
    let nextMessageIndex: Int64
    let lastInstrumentID: Int64
    let lastGapID: Int64

    init(_ handle: OpaquePointer?, path: String, _ fileSystem: any FileSystem) throws(ArchiveError) {
        func integer(_ sql: String) throws(ArchiveError) -> Int64 {
            let statement = try PreparedStatement(sql, on: handle, path: path)
            defer { statement.reset() }
            return try statement.step() ? statement.integer(0) : 0
        }
        connection = try WriterConnection(handle: handle, path: path, fileSystem: fileSystem)
        recordingID = try RecordingIdentity.stored(on: handle, path: path)?.recordingID ?? ""
        instruments = try RowQueries.instruments(on: handle, path: path)
        // Rows may still refer to lost messages, so their numbers are not used again.
        nextMessageIndex = try integer(
            """
            SELECT max(n) + 1 FROM (SELECT max(last_message_index) AS n FROM message_block
                UNION ALL SELECT max(last_message_index) FROM absence)
            """
        )
        lastInstrumentID = try integer("SELECT max(instrument_id) FROM instrument")
        lastGapID = try integer("SELECT max(gap_id) FROM gap")
    }
}
