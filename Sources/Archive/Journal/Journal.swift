import Dispatch
package import JournalFormat
package import MarketModel
import Synchronization

/// What a power failure may lose; if only the process dies, nothing is lost in either case.
package enum Durability: String, Sendable, Hashable, CaseIterable {
    /// Records are in the page cache as soon as they are taken.
    case process
    /// Records are on disk within 100 ms, and stay in the journal until a recording has them on disk.
    case power
}

/// Messages that are not in a recording yet, in files that survive the death of the process.
///
/// Taking a message copies it into memory that is mapped to a file. The journal's own thread prepares segments and
/// reuses them when every record in them is stored.
///
/// Calls may come from any thread. The copies run under a lock that only appending code takes, usually a single event
/// loop, so nothing else waits for them.
package final class Journal: Sendable {
    package struct Configuration: Sendable {
        /// The directory of the recordings.
        package var directory: String
        package var segmentBytes = 8 << 20
        /// The maximum size of all segments together.
        package var bytesMax = 256 << 20
        package var durability = Durability.process
        package var fileSystem: any FileSystem = SystemFileSystem()

        /// Creates a configuration; segments are shorter if the process's file size limit requires it.
        package init(directory: String) {
            self.directory = directory
            if let limit = FileSizeLimit.current { segmentBytes = min(segmentBytes, limit.segmentBytesMax) }
        }
    }

    /// Whether the journal can take messages.
    package enum Condition: Hashable, Sendable {
        case good
        /// The limit is reached, and all segments hold records that no recording has yet.
        case full(bytesMax: Int)
        /// No segment could be created.
        case failed(ArchiveError)
    }

    struct State {
        var current: JournalSegment?
        var prepared: JournalSegment?
        /// Full segments with records that are not stored yet, oldest first.
        var retired: [RetiredSegment] = []
        /// Files to reuse.
        var free: [FreeSegment] = []
        /// Full segments that are not on disk yet, for ``Durability/power``.
        var unsynced: [JournalSegment] = []
        /// The number assigned last.
        var lastNumber: UInt64 = 0
        var currentNumber: UInt64 { current?.number ?? 0 }
        /// The open connections with their opening records, which every segment repeats.
        var connections: [UInt64: OpenConnection] = [:]
        /// The recordings completed last, oldest first; every segment repeats them.
        var complete: [String] = []
        /// What is stored of each open connection.
        var stored: [UInt64: JournalPosition] = [:]
        /// How much was stored of each connection that ended since the current segment was begun.
        var forgotten: [UInt64: JournalPosition] = [:]
        var condition = Condition.good
        /// The size of all files of the journal, in bytes.
        var byteCount = 0
        var isClosed = false
    }

    struct OpenConnection {
        let payload: [UInt8]
        let time: UnixNanoseconds
    }

    /// A full segment; the first few stay in memory, because they are reused soon.
    struct RetiredSegment {
        let path: String
        let byteCount: Int
        var marks: [UInt64: JournalPosition]
        let segment: JournalSegment?
    }

    /// A file without needed records; `segment` is set while it is still in memory.
    struct FreeSegment {
        let path: String
        let byteCount: Int
        let segment: JournalSegment?
    }

    let configuration: Configuration
    let directory: JournalDirectory
    /// Protects the records and marks of the current segment.
    ///
    /// It is taken before `state`.
    let appending = Mutex(())
    /// Held briefly, never during a copy or a file operation, except while files are restored or the first is created.
    let state = Mutex(State())
    /// The bytes left in the current segment.
    let currentRoom = Atomic(0)
    /// Prepares, syncs and removes segments.
    let worker = DispatchQueue(label: "feedrec.journal")

    /// Creates the journal of an archive whose lock the caller holds, and its first segments.
    ///
    /// What an earlier process left there must have been folded into recordings and removed.
    package init(_ configuration: Configuration) throws(ArchiveError) {
        self.configuration = configuration
        directory = JournalDirectory(archive: configuration.directory)
        try configuration.fileSystem.createDirectory(directory.path)
        let leftOver = try directory.segments(configuration.fileSystem)
        guard leftOver.isEmpty else {
            throw ArchiveError(
                code: .busy,
                path: directory.path,
                detail:
                    "the journal '\(directory.path)' has \(Counted.text(leftOver.count, "segment")) of an earlier process"
            )
        }
        try begin()
    }

    package var condition: Condition { state.withLock(\.condition) }

    /// Approximate bytes of records that can still be taken, unless the disk is full.
    package var room: Int {
        state.withLock { state in
            currentRoom.load(ordering: .relaxed) + (state.prepared?.byteCount ?? 0)
                + state.free.reduce(0) { $0 + $1.byteCount } + max(0, configuration.bytesMax - state.byteCount)
        }
    }

    /// The maximum of ``byteCount``.
    package var limit: Int { configuration.bytesMax }

    /// The size of the journal's files, in bytes.
    package var byteCount: Int { state.withLock(\.byteCount) }

    // MARK: Taking

    /// Takes the messages of `batch` from `start` on, which belong to one connection, and advances `position`.
    ///
    /// Returns how many were taken; if that is fewer than all, ``condition`` says why. The rest may be passed again.
    package func append(
        _ batch: MessageBatch,
        from start: Int = 0,
        connectionKey: UInt64,
        position: inout JournalPosition
    ) -> Int {
        appending.withLock { _ in
            var index = start
            while index < batch.count {
                if let current = state.withLock(\.current) {
                    let stop = current.writer.append(
                        batch,
                        from: index,
                        connectionKey: connectionKey,
                        received: &position.received,
                        sent: &position.sent
                    )
                    if stop > index { current.marks[connectionKey] = position }
                    currentRoom.store(current.room, ordering: .relaxed)
                    index = stop
                    if index == batch.count { break }
                }
                guard advance(payloadBytes: batch.entries[index].length) else { break }
            }
            return index - start
        }
    }

    /// Records where the messages of a connection belong; call it again if that has changed.
    ///
    /// Returns false if that failed; ``condition`` says why.
    package func open(_ connection: JournalConnection, key: UInt64, at time: UnixNanoseconds) -> Bool {
        let payload = connection.payload
        return appending.withLock { _ in
            let current = state.withLock { state in
                state.connections[key] = OpenConnection(payload: payload, time: time)
                return state.current
            }
            let isTaken = current?.writer
                .append(.connectionOpened, connectionKey: key, tsRecv: time, payload: payload)
            // The next segment begins with this record.
            return isTaken == true || advance(payloadBytes: 0)
        }
    }

    // MARK: Releasing

    /// Notes that a recording has stored the messages of a connection up to `position`.
    package func stored(_ key: UInt64, through position: JournalPosition) {
        let isWork = state.withLock { state in
            state.stored[key] = position
            return release(&state) { $0 == key && $1.isCovered(by: position) }
        }
        if isWork { prepareSoon() }
    }

    /// Notes that a connection has ended and that a recording has stored its messages up to `position`.
    ///
    /// If the journal has more of its messages, which only happens after an error, they are kept.
    package func forget(_ key: UInt64, through position: JournalPosition) {
        let isWork = state.withLock { state in
            state.stored[key] = nil
            state.connections[key] = nil
            state.forgotten[key] = position
            return release(&state) { $0 == key && $1.isCovered(by: position) }
        }
        if isWork { prepareSoon() }
    }

    /// Drops marks that no longer matter from full segments; returns true if a segment became free.
    private func release(_ state: inout State, where isDone: (UInt64, JournalPosition) -> Bool) -> Bool {
        var hasFreed = false
        for index in state.retired.indices {
            state.retired[index].marks = state.retired[index].marks.filter { !isDone($0.key, $0.value) }
            hasFreed = hasFreed || state.retired[index].marks.isEmpty
        }
        guard hasFreed else { return false }
        for segment in state.retired where segment.marks.isEmpty {
            state.free.append(
                FreeSegment(path: segment.path, byteCount: segment.byteCount, segment: segment.segment)
            )
        }
        state.retired.removeAll { $0.marks.isEmpty }
        return true
    }

    /// Notes that a recording is complete: the journal's records of it are no longer needed.
    ///
    /// Without this mark, recovery after a kill would report messages as lost if the file was moved to another disk.
    package func complete(recordingID: String, at time: UnixNanoseconds) {
        appending.withLock { _ in
            let current = state.withLock { state in
                state.complete = state.complete.suffix(Self.completeMax - 1) + [recordingID]
                return state.current
            }
            _ = current?.writer.append(
                .mark,
                connectionKey: 0,
                tsRecv: time,
                payload: JournalMark.complete(recordingID: recordingID).payload
            )
        }
    }

    /// Closes the journal; if `isStored`, its files are removed, because recordings have everything.
    package func close(isStored: Bool) throws(ArchiveError) {
        let paths = appending.withLock { _ in
            state.withLock { state in
                state.isClosed = true
                let paths =
                    [state.current?.path, state.prepared?.path].compactMap { $0 } + state.retired.map(\.path)
                    + state.free.map(\.path)
                state.current = nil
                state.prepared = nil
                return paths
            }
        }
        // A segment that the worker was still preparing is free by now.
        worker.sync {}
        guard isStored else { return }
        let late = state.withLock { $0.free.map(\.path) }
        for path in Set(paths + late) { try configuration.fileSystem.unlink(path) }
        configuration.fileSystem.removeDirectory(directory.path)
    }
}
