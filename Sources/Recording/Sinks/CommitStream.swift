import Archive
import Synchronization

/// A bounded stream of committed data, in the order of the commits, for one consumer.
///
/// The consumer never holds up the recording: if it does not keep up, it gets ``CommitEvent/missed(_:)`` in place of
/// transactions, and the stream then continues. Give the stream to the recovery first, and then to the recorder; each
/// transaction appears once, whichever of them made it. The stream has no rows of sessions, feeds and connections.
package final class CommitStream: Sendable {
    /// How much waits for the consumer.
    package struct Limits: Sendable, Hashable {
        package var transactions: Int
        /// Approximate memory, in bytes; a single larger transaction is accepted while nothing else waits.
        package var bytes: Int

        package init(transactions: Int = 256, bytes: Int = 64 << 20) {
            precondition(transactions > 0, "a stream holds at least one transaction")
            self.transactions = transactions
            self.bytes = bytes
        }
    }

    private struct State {
        var events: [(event: CommitEvent, bytes: Int)] = []
        var bytes = 0
        /// The number of events of the kind `committed`.
        var waiting = 0
        var lastNumber: UInt64 = 0
        /// The instruments of the recordings written last, the newest recording last.
        var instruments: [(recordingID: String, rows: [Int64: InstrumentRow])] = []
        var isFinished = false

        mutating func takeFirst() -> CommitEvent? {
            guard let first = events.first else { return nil }
            events.removeFirst()
            bytes -= first.bytes
            if case .committed = first.event { waiting -= 1 }
            return first.event
        }

        /// Notes that the consumer does not get the last transaction.
        mutating func miss(_ recording: CommittedRecording) {
            var missed = MissedCommits(numbers: lastNumber...lastNumber, first: recording, last: recording)
            if case .missed(let earlier) = events.last?.event {
                missed = MissedCommits(
                    numbers: earlier.numbers.lowerBound...lastNumber,
                    first: earlier.first,
                    last: recording
                )
                events.removeLast()
            }
            events.append((.missed(missed), 0))
        }

        mutating func learn(_ rows: [InstrumentRow], of writer: ArchiveWriter, recordingsMax: Int) {
            if !instruments.contains(where: { $0.recordingID == writer.recordingID }) {
                let known = Dictionary(writer.instruments.map { ($0.instrumentID, $0) }, uniquingKeysWith: { $1 })
                instruments.append((writer.recordingID, known))
                if instruments.count > recordingsMax { instruments.removeFirst() }
            }
            guard let place = instruments.firstIndex(where: { $0.recordingID == writer.recordingID }) else { return }
            for row in rows { instruments[place].rows[row.instrumentID] = row }
        }

        func instruments(of rows: WriteBatch, _ recordingID: String) -> [Int64: InstrumentRow] {
            let known = instruments.first { $0.recordingID == recordingID }?.rows ?? [:]
            var found: [Int64: InstrumentRow] = [:]
            for id in rows.instrumentIDs { found[id] = known[id] }
            return found
        }
    }

    /// While a file is replaced, two recordings may be written in turn.
    private static let recordingsMax = 4

    private let limits: Limits
    private let state = Mutex(State())
    private let hasChanged = Condition()

    package init(_ limits: Limits = Limits()) {
        self.limits = limits
    }

    /// The next event; waits for one, and returns `nil` when the stream is finished or the task is cancelled.
    ///
    /// Only one consumer may call this.
    package func next() async -> CommitEvent? {
        var event: CommitEvent?
        _ = await hasChanged.waitUnlessCancelled {
            state.withLock { state in
                event = state.takeFirst()
                return event != nil || state.isFinished
            }
        }
        return event
    }

    /// Ends the stream; the consumer still gets what is waiting.
    package func finish() {
        state.withLock { $0.isFinished = true }
        hasChanged.signal()
    }

    /// Adds a transaction that `writer` has committed; never waits.
    ///
    /// Call it in the order of the commits.
    func publish(_ rows: WriteBatch, of writer: ArchiveWriter) {
        guard !rows.isEmpty else { return }
        let recording = CommittedRecording(recordingID: writer.recordingID, path: writer.path)
        state.withLock { state in
            guard !state.isFinished else { return }
            state.learn(rows.instruments, of: writer, recordingsMax: Self.recordingsMax)
            state.lastNumber += 1
            let bytes = rows.approximateBytes
            let isTooMuch = state.waiting >= limits.transactions || state.bytes + bytes > limits.bytes
            guard state.waiting == 0 || !isTooMuch else { return state.miss(recording) }
            let committed = CommittedRows(
                number: state.lastNumber,
                recording: recording,
                rows: rows,
                instruments: state.instruments(of: rows, recording.recordingID)
            )
            state.events.append((.committed(committed), bytes))
            state.bytes += bytes
            state.waiting += 1
        }
        hasChanged.signal()
    }
}
