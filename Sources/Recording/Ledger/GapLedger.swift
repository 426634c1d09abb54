import Archive
import MarketModel

/// The gaps of one feed: the open ones, their number, and how many messages they cost.
///
/// Up to three gaps are open at a time, one of each ``GapGroup``. If a group has an open gap, a new cause continues
/// that gap under the first cause. Every gap has its own start and end, so gaps may overlap.
struct GapLedger: Sendable {
    /// The ids of the rows that gaps refer to.
    struct Place: Sendable {
        var sessionID: Int64
        var feedID: Int64
    }

    private struct OpenGap: Sendable {
        var row: GapRow
        let cause: GapCause
        /// True for an absence from before the run, as long as no attempt of this run has failed.
        var isPast = false
        /// The number of messages dropped since the gap began.
        var leftOut: Int64 = 0
    }

    var place: Place
    /// The number of this run's gaps, including ended ones; an absence from before the run does not count.
    private(set) var count: Int64 = 0
    /// The number of ledger rows that this run has stored.
    private(set) var rowCount: Int64 = 0
    /// The rate of data messages before the first of the open gaps.
    private var rate: MessageRate
    /// False while the venue reports that it has lost its own source.
    var isLinked = true
    private var open: [GapGroup: OpenGap] = [:]
    /// The last gap of each group that ended in this file; its end may not be stored yet.
    private var closed: [GapGroup: OpenGap] = [:]
    /// The gaps that were open when the change of the file began, the oldest first.
    private var held: [OpenGap] = []
    /// The time up to which missing messages have been estimated, while any gap is open.
    private var countedUntil: UnixNanoseconds?

    /// Creates a ledger that continues the gaps `adopted`, which an earlier recorder left open in the same file.
    ///
    /// `rate` is the rate of the feed in its earlier recordings.
    init(place: Place, adopted: [GapRow] = [], rate: DeliveryRate = DeliveryRate()) {
        self.place = place
        self.rate = MessageRate(rate)
        for row in adopted { adopt(row) }
    }

    /// Continues a gap that an earlier recorder left open in the same file.
    mutating func adopt(_ row: GapRow) {
        guard let cause = GapCause(rawValue: row.cause), let group = cause.group else { return }
        open[group] = OpenGap(row: row, cause: cause, isPast: true)
    }

    /// True while any gap is open.
    var isOpen: Bool { !open.isEmpty }

    /// True if a gap of the group is open that began at or before `time`.
    func isOpen(_ group: GapGroup, at time: UnixNanoseconds) -> Bool {
        open[group].map { $0.row.tsFrom <= time } ?? false
    }

    /// The open gap of a group.
    func row(of group: GapGroup) -> GapRow? { open[group]?.row }

    /// What is lost while the gap of a group is open; `nil` if none is.
    func loss(of group: GapGroup) -> ExcusedLosses.Loss? {
        open[group].map { gap in
            ExcusedLosses.Loss(cause: gap.cause, detail: gap.row.detail ?? "", connectionID: gap.row.connectionID)
        }
    }

    /// The cause of the open gap of a group.
    func cause(of group: GapGroup) -> GapCause? { open[group]?.cause }

    /// The number of messages dropped since the open gap of the group `storage` began.
    var leftOut: Int64 { open[.storage]?.leftOut ?? 0 }

    /// The open gaps, and those whose end may not be stored yet.
    var unsettled: [GapRow] {
        (closed.values.map(\.row) + open.values.map(\.row)).sorted { $0.gapID < $1.gapID }
    }

    // MARK: Beginning and ending

    /// Opens a gap; returns its row, or `nil` if an open gap of the same group continues.
    ///
    /// `isPast` is true for an absence from before the run.
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

    /// Ends the open gap of a group and returns its complete row.
    ///
    /// `isFinal` is true if the run ends, so that the gap continues without it.
    mutating func end(_ group: GapGroup, at time: UnixNanoseconds, isFinal: Bool = false) -> GapRow? {
        if isFinal { countPast(group) }
        guard var gap = open.removeValue(forKey: group) else { return nil }
        var row = gap.row
        // If the clock was set back, a gap still does not end before its start.
        let tsTo = max(row.tsFrom, time)
        row.tsTo = tsTo
        row.estimatedCount = group == .storage ? gap.leftOut : estimate(of: row, until: tsTo)
        if open.isEmpty { countedUntil = nil }
        gap.row = row
        closed[group] = gap
        return row
    }

    /// Leaves a gap open at the end of the run: the next run continues it.
    mutating func leaveOpen(_ group: GapGroup) { countPast(group) }

    /// Counts an absence from before the run as a gap of this run, which has received nothing either.
    private mutating func countPast(_ group: GapGroup) {
        guard open[group]?.isPast == true else { return }
        open[group]?.isPast = false
        count += 1
    }

    /// Forgets a gap that has ended and in which nothing turned out to be missing; its row must be removed.
    mutating func withdraw(_ row: GapRow) {
        // The row of an absence may belong to an earlier session.
        if row.sessionID == place.sessionID { rowCount -= 1 }
        guard let (group, gap) = closed.first(where: { $0.value.row.gapID == row.gapID }) else { return }
        closed[group] = nil
        if !gap.isPast { count -= 1 }
    }

    /// Notes another row of an absence from before the run.
    mutating func notePastRow() { rowCount += 1 }

    /// Notes a gap that had both ends from the start.
    mutating func noteWhole() {
        count += 1
        rowCount += 1
    }

    /// Moves the start of the open storage gap to `time` if it is earlier; returns its row if that changes it.
    mutating func beginStorageGap(notBefore time: UnixNanoseconds) -> GapRow? {
        guard let row = open[.storage]?.row, row.tsFrom < time else { return nil }
        open[.storage]?.row.tsFrom = time
        return open[.storage]?.row
    }

    /// Counts dropped messages.
    mutating func leaveOut(_ count: Int) {
        open[.storage]?.leftOut += Int64(count)
    }

    /// Notes the number of data messages so far; gaps, and times in which no data is expected, do not affect the rate.
    mutating func noteRate(_ dataMessages: Int64, at time: Duration, isExpected: Bool = true) {
        if isOpen || !isExpected { rate.interrupt() } else { rate.note(dataMessages, at: time) }
    }

    /// Estimates how many messages a gap of the connection or the venue cost, by the rate before it.
    ///
    /// Time that an earlier gap covers is counted there: already if that gap has ended, otherwise when it ends.
    private mutating func estimate(of row: GapRow, until tsTo: UnixNanoseconds) -> Int64? {
        let rate = rate.measured
        guard !rate.isEmpty else { return nil }
        let isCovered = open.contains { $0.key != .storage && $0.value.row.gapID < row.gapID }
        guard !isCovered else { return 0 }
        let from = max(row.tsFrom, countedUntil ?? row.tsFrom)
        countedUntil = max(from, tsTo)
        return rate.estimate(over: tsTo.since(from).wholeNanoseconds)
    }

    // MARK: Another file

    /// Ends all open gaps with their file, to continue them in the next one; returns their rows.
    mutating func endFile(at time: UnixNanoseconds) -> [GapRow] {
        held = open.values.sorted { $0.row.gapID < $1.row.gapID }
        return held.compactMap { gap in gap.cause.group.flatMap { end($0, at: time) } }
    }

    /// Continues in the next file the gaps that were open in the last one; returns their rows.
    mutating func beginFile(_ place: Place, at time: UnixNanoseconds, makeID: () -> Int64) -> [GapRow] {
        self.place = place
        closed = [:]
        defer { held = [] }
        return held.compactMap { gap in
            begin(gap.cause, id: makeID(), from: time, detail: gap.row.detail, isPast: gap.isPast)
        }
    }
}
