import MarketModel
import Synchronization
import Telemetry
import Venues

/// The facts about one session that other threads may read.
final class SessionRecord: Sendable {
    struct Figures: Sendable {
        var messages: Int64 = 0
        var bytes: Int64 = 0
        /// How far the client is behind its clock, in nanoseconds.
        var lag: Int64 = 0
        var lateness = DurationHistogram()
        /// The time taken to hand messages to the kernel.
        var writes = DurationHistogram()
        /// The number of events of each kind, in the take with the number `take`.
        var counts: [Int64] = []
        var take = 0
        /// True after the tape has ended.
        var isAtEnd = false
        var digest: String?
        /// The results of the client's subscriptions; `nil` for clients without subscriptions.
        var report: SubscriptionReport?
        /// Subscriptions without a message.
        ///
        /// Set when the tape has ended.
        var unanswered: [String] = []
    }

    let id: Int
    /// The requested path, without the query.
    let path: String
    /// `replay` or the name of the venue.
    let name: String
    let client: String
    let clock: PlaybackClock
    /// The bounds of the client's tape; `nil` if it has no data.
    let bounds: ClosedRange<Int64>?
    private let guarded = Mutex(Figures())

    init(id: Int, path: String, name: String, client: String, clock: PlaybackClock, bounds: ClosedRange<Int64>?) {
        self.id = id
        self.path = path
        self.name = name
        self.client = client
        self.clock = clock
        self.bounds = bounds
    }

    var figures: Figures { guarded.withLock { $0 } }

    func update(_ body: (inout Figures) -> Void) {
        guarded.withLock { body(&$0) }
    }
}

/// The connected sessions, and totals over all sessions since the start.
final class SessionRegistry: Sendable {
    struct Totals: Sendable {
        var sessions: Int64 = 0
        var messages: Int64 = 0
        var bytes: Int64 = 0
        var lateness = DurationHistogram()
        var writes = DurationHistogram()
        var slowCloses: Int64 = 0
        var commands: Int64 = 0
        var skipped: Int64 = 0
        var refused: Int64 = 0
    }

    private struct State {
        var records: [Int: SessionRecord] = [:]
        /// Totals of the ended sessions.
        var past = Totals()
        var lastID = 0
    }

    private let state = Mutex(State())

    func makeID() -> Int {
        state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
    }

    func add(_ record: SessionRecord) {
        state.withLock { state in
            state.records[record.id] = record
            state.past.sessions += 1
        }
    }

    func remove(_ record: SessionRecord) {
        let figures = record.figures
        state.withLock { state in
            guard state.records.removeValue(forKey: record.id) != nil else { return }
            state.past.messages += figures.messages
            state.past.bytes += figures.bytes
            state.past.lateness.add(figures.lateness)
            state.past.writes.add(figures.writes)
            state.past.skipped += figures.report?.skippedMessagesEver ?? 0
            state.past.refused += Int64(figures.report?.refusedCount ?? 0)
        }
    }

    func countCommand() { state.withLock { $0.past.commands += 1 } }
    func countSlowClose() { state.withLock { $0.past.slowCloses += 1 } }

    func find(_ id: Int) -> SessionRecord? { state.withLock { $0.records[id] } }

    /// The connected sessions, in order of their IDs.
    var all: [SessionRecord] {
        state.withLock { state in state.records.keys.sorted().compactMap { state.records[$0] } }
    }

    /// Totals over the ended and the connected sessions.
    var totals: Totals {
        let (past, records) = state.withLock { ($0.past, Array($0.records.values)) }
        return records.reduce(into: past) { totals, record in
            let figures = record.figures
            totals.messages += figures.messages
            totals.bytes += figures.bytes
            totals.lateness.add(figures.lateness)
            totals.writes.add(figures.writes)
            totals.skipped += figures.report?.skippedMessagesEver ?? 0
            totals.refused += Int64(figures.report?.refusedCount ?? 0)
        }
    }
}
