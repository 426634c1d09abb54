import Dispatch
import JournalFormat
import MarketModel
import Synchronization

/// Segments: preparing the next one, and retiring full ones.
extension Journal {
    /// The number of unneeded files kept for reuse, besides the current and the prepared segment.
    private static let freeMax = 2
    /// The number of full segments that stay in memory.
    private static let mappedMax = 3
    /// The number of complete recordings that every segment lists.
    static let completeMax = 4

    /// The permission to create a segment within the limit.
    private struct Claim {
        let number: UInt64
        let byteCount: Int
        /// A file to reuse.
        let reused: FreeSegment?
    }

    /// Makes the next segment the current one, with room for a message of `payloadBytes`.
    ///
    /// Returns false if there is no room. The caller holds ``appending``. The next segment is usually ready. A message
    /// longer than a segment, or a burst that is faster than the worker, waits here while a segment is created.
    func advance(payloadBytes: Int) -> Bool {
        let step = state.withLock { nextStep(payloadBytes: payloadBytes, &$0) }
        switch step {
        case .impossible: return false
        case .done: break
        case .create(let claim):
            let result = Result { () throws(ArchiveError) in try make(claim) }
            guard state.withLock({ install(result, claim, &$0) }) else { return false }
        }
        prepareSoon()
        return true
    }

    private enum Step { case done, create(Claim), impossible }

    /// Uses the prepared segment if it is large enough; otherwise claims room for another one.
    private func nextStep(payloadBytes: Int, _ state: inout State) -> Step {
        guard !state.isClosed else { return .impossible }
        let repeated = state.connections.values.map(\.payload.count) + state.complete.map(\.utf8.count)
        let segmentBytesMin = repeated.reduce(JournalSegmentWriter.segmentBytes(forPayload: payloadBytes)) {
            $0 + JournalSegmentWriter.segmentBytes(forPayload: $1)
        }
        if let prepared = state.prepared, prepared.byteCount >= segmentBytesMin {
            state.prepared = nil
            begin(prepared, &state)
            return .done
        }
        guard let claim = claim(max(configuration.segmentBytes, segmentBytesMin), &state) else {
            state.condition = .full(bytesMax: configuration.bytesMax)
            return .impossible
        }
        return .create(claim)
    }

    private func install(_ result: Result<JournalSegment, ArchiveError>, _ claim: Claim, _ state: inout State) -> Bool {
        switch result {
        case .failure(let error):
            state.byteCount -= claim.byteCount
            state.condition = .failed(error)
            return false
        case .success(let segment):
            // The prepared segment is too small, or the worker made it in the meantime; its number may be lower.
            if let other = state.prepared { state.free.append(FreeSegment(other)) }
            state.prepared = nil
            guard !state.isClosed else {
                state.free.append(FreeSegment(segment))
                return false
            }
            begin(segment, &state)
            return true
        }
    }

    /// Makes `segment` the current one; it begins with what every segment repeats.
    private func begin(_ segment: JournalSegment, _ state: inout State) {
        if let current = state.current { retire(current, &state) }
        state.forgotten = [:]
        state.current = segment
        state.condition = .good
        for (key, connection) in state.connections {
            _ = segment.writer.append(
                .connectionOpened,
                connectionKey: key,
                tsRecv: connection.time,
                payload: connection.payload
            )
        }
        for recordingID in state.complete {
            _ = segment.writer.append(
                .mark,
                connectionKey: 0,
                tsRecv: UnixNanoseconds(0),
                payload: JournalMark.complete(recordingID: recordingID).payload
            )
        }
        currentRoom.store(segment.room, ordering: .relaxed)
    }

    /// Keeps a full segment until its records are stored.
    private func retire(_ segment: JournalSegment, _ state: inout State) {
        let marks = segment.marks.filter { key, position in
            (state.stored[key] ?? state.forgotten[key]).map { !position.isCovered(by: $0) } ?? true
        }
        if configuration.durability == .power { state.unsynced.append(segment) }
        if marks.isEmpty {
            state.free.append(FreeSegment(segment))
        } else {
            let isKept = state.retired.count { $0.segment != nil } < Self.mappedMax
            state.retired.append(
                RetiredSegment(
                    path: segment.path,
                    byteCount: segment.byteCount,
                    marks: marks,
                    segment: isKept ? segment : nil
                )
            )
        }
        // Releasing the last reference unmaps the file, which is slow, so the worker does it.
        worker.async { withExtendedLifetime(segment) {} }
    }

    /// Creates the first segment.
    func begin() throws(ArchiveError) {
        try state.withLock { state throws(ArchiveError) in
            guard let claim = claim(configuration.segmentBytes, &state) else { return }
            let segment = try make(claim)
            state.current = segment
            currentRoom.store(segment.room, ordering: .relaxed)
        }
        prepareSoon()
    }

    /// Lets the worker prepare the next segment and remove files that are not needed.
    func prepareSoon() {
        worker.async { [weak self] in self?.prepare() }
    }

    private func prepare() {
        let (claim, surplus) = state.withLock { state -> (Claim?, [String]) in
            var surplus: [String] = []
            while state.free.count > Self.freeMax {
                let file = state.free.removeFirst()
                state.byteCount -= file.byteCount
                surplus.append(file.path)
            }
            guard state.prepared == nil, !state.isClosed else { return (nil, surplus) }
            return (self.claim(configuration.segmentBytes, &state), surplus)
        }
        for path in surplus { try? configuration.fileSystem.unlink(path) }
        guard let claim else { return }
        // If creation fails, `advance` retries it and gets the error.
        let segment = try? make(claim)
        state.withLock { state in
            guard let segment else {
                state.byteCount -= claim.byteCount
                return
            }
            if state.prepared == nil, claim.number > state.currentNumber, !state.isClosed {
                state.prepared = segment
            } else {
                state.free.append(FreeSegment(segment))
            }
        }
    }

    /// Reserves room for a segment; returns `nil` if the limit is reached.
    private func claim(_ byteCount: Int, _ state: inout State) -> Claim? {
        state.lastNumber += 1
        let number = state.lastNumber
        if let index = state.free.firstIndex(where: { $0.byteCount == byteCount }) {
            return Claim(number: number, byteCount: byteCount, reused: state.free.remove(at: index))
        }
        while state.byteCount + byteCount > configuration.bytesMax, let free = state.free.popLast() {
            try? configuration.fileSystem.unlink(free.path)
            state.byteCount -= free.byteCount
        }
        guard state.byteCount + byteCount <= configuration.bytesMax else { return nil }
        state.byteCount += byteCount
        return Claim(number: number, byteCount: byteCount, reused: nil)
    }

    private func make(_ claim: Claim) throws(ArchiveError) -> JournalSegment {
        let path = directory.segment(claim.number)
        if let reused = claim.reused {
            do throws(ArchiveError) {
                try configuration.fileSystem.rename(reused.path, to: path)
            } catch {
                try? configuration.fileSystem.unlink(reused.path)
                throw error
            }
        }
        do throws(ArchiveError) {
            let segment: JournalSegment
            if let mapped = claim.reused?.segment {
                mapped.begin(path: path, number: claim.number)
                segment = mapped
            } else {
                segment = try JournalSegment(
                    path: path,
                    number: claim.number,
                    byteCount: claim.byteCount,
                    fileSystem: configuration.fileSystem
                )
            }
            if configuration.durability == .power { try configuration.fileSystem.syncDirectory(directory.path) }
            return segment
        } catch {
            try? configuration.fileSystem.unlink(path)
            throw error
        }
    }
}

extension Journal {
    /// Makes what was taken before the call durable; for ``Durability/power``, ten times a second.
    package func sync() async throws(ArchiveError) {
        let result: Result<Void, ArchiveError> = await withCheckedContinuation { continuation in
            worker.async { [self] in
                let segments = state.withLock { state in
                    defer { state.unsynced.removeAll() }
                    return state.unsynced + [state.current].compactMap { $0 }
                }
                do throws(ArchiveError) {
                    for segment in segments { try segment.sync() }
                    continuation.resume(returning: .success(()))
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
        }
        try result.get()
    }
}

extension Journal.FreeSegment {
    fileprivate init(_ segment: JournalSegment) {
        self.init(path: segment.path, byteCount: segment.byteCount, segment: segment)
    }
}
