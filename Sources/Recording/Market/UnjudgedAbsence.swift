import Archive
import MarketModel

/// The absence of a feed that joined before the venue sent its sessions: the missing parts are determined later.
struct UnjudgedAbsence: Sendable {
    /// The parts of an absence in which the market was open.
    struct Verdict: Hashable, Sendable {
        let gap: GapRow
        let whole: Range<UnixNanoseconds>
        let parts: [Range<UnixNanoseconds>]
    }

    /// True until an absence is judged.
    private var isWaiting = false
    /// The last absence of this file that has ended.
    private var gap: GapRow?

    /// Notes that the feed joins; `hasCalendar` if the hours of its market are known.
    mutating func joined(hasCalendar: Bool) { isWaiting = !hasCalendar }

    /// Remembers an absence that has ended.
    mutating func noteEnded(_ gap: GapRow) {
        guard gap.cause == GapCause.restart.rawValue, isWaiting else { return }
        self.gap = gap
    }

    /// Forgets the absence, whose row is in another file.
    mutating func forget() { gap = nil }

    /// Judges the absence by the hours of the market; `nil` if there is none, or if they are not known yet.
    mutating func judge(by hours: MarketHours) -> Verdict? {
        guard let gap, let tsTo = gap.tsTo, gap.tsFrom < tsTo, hours.calendars.ofFeed != nil else { return nil }
        self.gap = nil
        isWaiting = false
        let whole = gap.tsFrom..<tsTo
        return Verdict(gap: gap, whole: whole, parts: hours.openParts(of: whole))
    }
}
