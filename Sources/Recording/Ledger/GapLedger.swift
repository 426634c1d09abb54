import Archive
import MarketModel

/// The gaps of one feed: those that are open, how many there were, and what they cost.
///
/// Up to three gaps are open at a time, one of each ``GapGroup``. A new cause in a group that has an open gap goes on
/// with that gap, under the first cause. Every gap begins and ends at its own times, so gaps may overlap.
struct GapLedger: Sendable {
    /// The rows of the file that gaps belong to.
    struct Place: Sendable {
        var sessionID: Int64
        var feedID: Int64
    }

    private struct OpenGap: Sendable {
        var row: GapRow
        let cause: GapCause
        /// True for an absence from before the run, as long as no attempt of this run has failed.
        var isPast = false
        /// Messages left out on purpose since it began.
        var leftOut: Int64 = 0
    }

    var place: Place
    /// Gaps of this run, those that are over included; an absence from before it is none.
    private(set) var count: Int64 = 0
    /// Rows of the ledger that this run has written.
    private(set) var rowCount: Int64 = 0
    /// How many messages with data came in a second before the first of the open gaps.
    private var rate: MessageRate
    /// False while the venue says that it has no source of data itself.
    var isLinked = true
    private var open: [GapGroup: OpenGap] = [:]
    /// The last gap of each group that ended in this file; whether that is stored is not known.
    private var closed: [GapGroup: GapRow] = [:]
    /// The gaps that were open when the file began to be changed, the first one first.
    private var held: [OpenGap] = []
    /// Up to where time without data is counted, while any gap is open.
    private var countedUntil: UnixNanoseconds?

    /// Goes on with the gaps `adopted`, which an earlier recorder left open in the same file.
    ///
    /// `messagesPerSecond` is what an earlier recording of the feed knows.
    init(place: Place, adopted: [GapRow] = [], messagesPerSecond: Double? = nil) {
        self.place = place
        rate = MessageRate(perSecond: messagesPerSecond)
        for row in adopted { adopt(row) }
    }

    /// Goes on with a gap that an earlier recorder left open in the same file.
    mutating func adopt(_ row: GapRow) {
        guard let cause = GapCause(rawValue: row.cause), let group = cause.group else { return }
        open[group] = OpenGap(row: row, cause: cause, isPast: true)
    }

    /// True while any gap is open.
    var isOpen: Bool { !open.isEmpty }

    /// True if a gap of the group is open that began at `time` or before.
    func isOpen(_ group: GapGroup, at time: UnixNanoseconds) -> Bool {
        open[group].map { $0.row.tsFrom <= time } ?? false
    }

    /// The open gap of a group.
    func row(of group: GapGroup) -> GapRow? { open[group]?.row }

    /// The cause of the open gap of a group.
    func cause(of group: GapGroup) -> GapCause? { open[group]?.cause }

    /// Messages left out on purpose since the open gap of the group `storage` began.
    var leftOut: Int64 { open[.storage]?.leftOut ?? 0 }

    /// The open gaps, and those that may not be stored as ended yet.
    var unsettled: [GapRow] {
        (Array(closed.values) + open.values.map(\.row)).sorted { $0.gapID < $1.gapID }
    }

    // MARK: Beginning and ending

    /// Opens a gap; returns its row, or `nil` if an open gap of the same group goes on.
    ///
    /// `isPast` for an absence from before the run.
    mutating func begin(
        _ cause: GapCause,
        id: @autoclosure () -> Int64,
        from: UnixNanoseconds,
        detail: String?,
        connectionID: Int64? = nil,
        isPast: Bool = false
    ) -> GapRow? {
        guard let group = cause.group else { return nil }
        guard open[group] == nil else {
            countPast(group)
            return nil
        }
        let row = GapRow(
            gapID: id(),
            sessionID: place.sessionID,
            feedID: place.feedID,
            connectionID: connectionID,
            tsFrom: from,
            cause: cause.rawValue,
            detail: detail
        )
        open[group] = OpenGap(row: row, cause: cause, isPast: isPast)
        rowCount += 1
        if !isPast { count += 1 }
        return row
    }

    /// Ends the open gap of a group; returns its row, whole.
    ///
    /// `isFinal` if the run ends, so that the gap goes on without it.
    mutating func end(_ group: GapGroup, at time: UnixNanoseconds, isFinal: Bool = false) -> GapRow? {
        if isFinal { countPast(group) }
        guard let gap = open.removeValue(forKey: group) else { return nil }
        var row = gap.row
        // A clock that was set back makes no gap that ends before it began.
        let tsTo = max(row.tsFrom, time)
        row.tsTo = tsTo
        row.estimatedCount = group == .storage ? gap.leftOut : estimate(of: row, until: tsTo)
        if open.isEmpty { countedUntil = nil }
        closed[group] = row
        return row
    }

    /// The run ends without the end of a gap, which the next one goes on with.
    mutating func leaveOpen(_ group: GapGroup) { countPast(group) }

    /// This run, too, has brought nothing so far.
    private mutating func countPast(_ group: GapGroup) {
        guard open[group]?.isPast == true else { return }
        open[group]?.isPast = false
        count += 1
    }

    /// Notes a further row of an absence from before the run.
    mutating func notePastRow() { rowCount += 1 }

    /// Notes a gap that had both of its ends from the start.
    mutating func noteWhole() {
        count += 1
        rowCount += 1
    }

    /// Has the open gap of storage begin no earlier than `time`; returns its row if that changes it.
    mutating func beginStorageGap(notBefore time: UnixNanoseconds) -> GapRow? {
        guard let row = open[.storage]?.row, row.tsFrom < time else { return nil }
        open[.storage]?.row.tsFrom = time
        return open[.storage]?.row
    }

    /// Counts messages that are left out because they cannot be stored.
    mutating func leaveOut(_ count: Int) {
        open[.storage]?.leftOut += Int64(count)
    }

    /// Notes how many messages with data have come by now; gaps and times in which none is expected say nothing of the
    /// rate.
    mutating func noteRate(_ dataMessages: Int64, at time: Duration, isExpected: Bool = true) {
        if isOpen || !isExpected { rate.interrupt() } else { rate.note(dataMessages, at: time) }
    }

    /// How many messages a gap of the connection or of the venue cost, by the rate before.
    ///
    /// Time that an earlier gap covers is counted there: by now if that gap is over, else when it ends.
    private mutating func estimate(of row: GapRow, until tsTo: UnixNanoseconds) -> Int64? {
        guard let perSecond = rate.perSecond else { return nil }
        let isCovered = open.contains { $0.key != .storage && $0.value.row.gapID < row.gapID }
        guard !isCovered else { return 0 }
        let from = max(row.tsFrom, countedUntil ?? row.tsFrom)
        countedUntil = max(from, tsTo)
        let estimate = perSecond * max(0, tsTo.since(from) / .seconds(1))
        return estimate < 1e15 ? Int64(estimate.rounded()) : nil
    }

    // MARK: Another file

    /// Ends all open gaps where their file ends, to go on in the next one; returns their rows.
    mutating func endFile(at time: UnixNanoseconds) -> [GapRow] {
        held = open.values.sorted { $0.row.gapID < $1.row.gapID }
        return held.compactMap { gap in gap.cause.group.flatMap { end($0, at: time) } }
    }

    /// Goes on in the next file with the gaps that were open in the last one; returns their rows.
    mutating func beginFile(_ place: Place, at time: UnixNanoseconds, makeID: () -> Int64) -> [GapRow] {
        self.place = place
        closed = [:]
        defer { held = [] }
        return held.compactMap { gap in
            begin(gap.cause, id: makeID(), from: time, detail: gap.row.detail, isPast: gap.isPast)
        }
    }
}
