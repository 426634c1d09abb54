import Dispatch
package import JournalFormat
package import MarketModel
import Synchronization

/// What a loss of power may cost; the death of the process costs nothing in either case.
package enum Durability: String, Sendable, Hashable, CaseIterable {
    /// Records are in the page cache as soon as they are taken.
    case process
    /// Records are on the disk 100 ms later at most, and stay in the journal until a recording has them on the disk.
    case power
}

/// Messages that are not yet in a recording, in files that survive the death of the process.
///
/// Taking a message is a copy into memory that is mapped to a file. Segments are prepared on a thread of the journal's
/// own, and put to use again once every record in them is stored. Calls may come from any thread; an append holds a lock
/// for the time of its copy.
package final class Journal: Sendable {
    package struct Configuration: Sendable {
        /// That of the recordings.
        package var directory: String
        package var segmentBytes = 8 << 20
        /// What all segments take together at most.
        package var bytesMax = 256 << 20
        package var durability = Durability.process
        package var fileSystem: any FileSystem = SystemFileSystem()

        /// A segment is as long as files may be, if that is less.
        package init(directory: String) {
            self.directory = directory
            if let limit = FileSizeLimit.current { segmentBytes = min(segmentBytes, limit.segmentBytesMax) }
        }
    }

    /// Whether messages can be taken.
    package enum Condition: Hashable, Sendable {
        case good
        /// All segments that the limit allows hold records that no recording has yet.
        case full(bytesMax: Int)
        /// No segment could be made.
        case failed(ArchiveError)
    }

    struct State {
        var current: JournalSegment?
        var prepared: JournalSegment?
        /// Full ones that hold records not stored yet, oldest first.
        var retired: [RetiredSegment] = []
        /// Files to be put to use again.
        var free: [FreeSegment] = []
        /// Full ones that are not on the disk yet, for ``Durability/power``.
        var unsynced: [JournalSegment] = []
        /// The number given last.
        var lastNumber: UInt64 = 0
        var currentNumber: UInt64 { current?.number ?? 0 }
        /// The connections that go on, each with its record, which every segment repeats.
        var connections: [UInt64: OpenConnection] = [:]
        /// The latest recordings that are complete, oldest first; every segment repeats them.
        var complete: [String] = []
        /// What is stored of each connection that goes on.
        var stored: [UInt64: JournalPosition] = [:]
        var condition = Condition.good
        /// Bytes of all files of the journal.
        var byteCount = 0
        var isClosed = false
    }

    struct OpenConnection {
        let payload: [UInt8]
        let time: UnixNanoseconds
    }

    /// A full segment; the first few stay in memory, since they are put to use again soon.
    struct RetiredSegment {
        let path: String
        let byteCount: Int
        var marks: [UInt64: JournalPosition]
        let segment: JournalSegment?
    }

    /// A file without a record that matters, in memory where it still is.
    struct FreeSegment {
        let path: String
        let byteCount: Int
        let segment: JournalSegment?
    }

    let configuration: Configuration
    let directory: JournalDirectory
    let state = Mutex(State())
    /// Prepares, syncs and removes segments.
    let worker = DispatchQueue(label: "feedrec.journal")

    /// Begins the journal of an archive whose lock the caller holds, and makes its first segments.
    ///
    /// What an earlier process left there must have been folded in and removed.
    package init(_ configuration: Configuration) throws(ArchiveError) {
        self.configuration = configuration
        directory = JournalDirectory(archive: configuration.directory)
        try configuration.fileSystem.createDirectory(directory.path)
        let leftOver = try directory.segments(configuration.fileSystem)
        guard leftOver.isEmpty else {
            throw ArchiveError(
                code: .busy,
                path: directory.path,
                detail: "the journal '\(directory.path)' holds \(leftOver.count) segments of an earlier process"
            )
        }
        try begin()
    }

    package var condition: Condition { state.withLock(\.condition) }

    /// Bytes of records that can still be taken, roughly, unless the disk says otherwise.
    package var room: Int {
        state.withLock { state in
            (state.current?.room ?? 0) + (state.prepared?.byteCount ?? 0) + state.free.reduce(0) { $0 + $1.byteCount }
                + max(0, configuration.bytesMax - state.byteCount)
        }
    }

    /// The most that ``byteCount`` may be.
    package var limit: Int { configuration.bytesMax }

    /// Bytes of the journal's files.
    package var byteCount: Int { state.withLock(\.byteCount) }

    // MARK: Taking

    /// Takes all messages of `batch`, which belong to one connection, and moves `position` on.
    ///
    /// Returns how many it took: fewer than all only where ``condition`` says why. The rest may be given again.
    package func append(
        _ batch: MessageBatch,
        from start: Int = 0,
        connectionKey: UInt64,
        position: inout JournalPosition
    ) -> Int {
        state.withLock { state in
            var index = start
            while index < batch.count {
                if let current = state.current {
                    let stop = current.writer.append(
                        batch,
                        from: index,
                        connectionKey: connectionKey,
                        received: &position.received,
                        sent: &position.sent
                    )
                    if stop > index { current.marks[connectionKey] = position }
                    index = stop
                    if index == batch.count { break }
                }
                guard advance(&state, payloadBytes: batch.entries[index].length) else { break }
            }
            return index - start
        }
    }

    /// Takes down where the messages of a connection belong, once more where that has changed.
    ///
    /// It is false where ``condition`` says why not.
    package func open(_ connection: JournalConnection, key: UInt64, at time: UnixNanoseconds) -> Bool {
        let payload = connection.payload
        return state.withLock { state in
            state.connections[key] = OpenConnection(payload: payload, time: time)
            let isTaken = state.current?.writer
                .append(.connectionOpened, connectionKey: key, tsRecv: time, payload: payload)
            // The next segment begins with it.
            return isTaken == true || advance(&state, payloadBytes: 0)
        }
    }

    // MARK: Letting go

    /// Says that a recording has stored the messages of a connection up to `position`.
    package func stored(_ key: UInt64, through position: JournalPosition) {
        let isWork = state.withLock { state in
            state.stored[key] = position
            return release(&state) { $0 == key && $1.isCovered(by: position) }
        }
        if isWork { prepareSoon() }
    }

    /// Says that a connection is over and that a recording has stored its messages up to `position`.
    ///
    /// Should the journal have more of them, which only an error in between can leave there, they are kept.
    package func forget(_ key: UInt64, through position: JournalPosition) {
        let isWork = state.withLock { state in
            state.stored[key] = nil
            state.connections[key] = nil
            if let mark = state.current?.marks[key], mark.isCovered(by: position) { state.current?.marks[key] = nil }
            return release(&state) { $0 == key && $1.isCovered(by: position) }
        }
        if isWork { prepareSoon() }
    }

    /// Drops marks that no longer matter from full segments; true where one became free.
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

    /// Notes that a recording has all of its messages: what the journal still holds of them is not needed any more.
    ///
    /// After a kill the records of a file that was moved to another disk are otherwise taken for messages that are lost.
    package func complete(recordingID: String, at time: UnixNanoseconds) {
        state.withLock { state in
            state.complete = state.complete.suffix(Self.completeMax - 1) + [recordingID]
            _ = state.current?.writer.append(
                .mark,
                connectionKey: 0,
                tsRecv: time,
                payload: JournalMark.complete(recordingID: recordingID).payload
            )
        }
    }

    /// Ends the journal; where `isStored`, its files are removed, since recordings have everything.
    package func close(isStored: Bool) throws(ArchiveError) {
        let paths = state.withLock { state in
            state.isClosed = true
            let paths =
                [state.current?.path, state.prepared?.path].compactMap { $0 } + state.retired.map(\.path)
                + state.free.map(\.path)
            state.current = nil
            state.prepared = nil
            return paths
        }
        // What the worker was still making is free by now.
        worker.sync {}
        guard isStored else { return }
        let late = state.withLock { $0.free.map(\.path) }
        for path in Set(paths + late) { try configuration.fileSystem.unlink(path) }
        configuration.fileSystem.removeDirectory(directory.path)
    }
}
