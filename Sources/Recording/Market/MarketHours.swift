import Archive
import MarketModel

/// Follows the hours of a feed's market on the wall clock.
struct MarketHours: Sendable {
    /// An opening or closing of the market.
    struct Change: Hashable, Sendable {
        let isOpen: Bool
        let time: UnixNanoseconds
        /// When the next change follows; `nil` if none is in sight.
        let until: UnixNanoseconds?
    }

    private(set) var calendars: MarketCalendars
    private var state = MarketState(isOpen: true, until: nil)
    /// When the state was determined; `nil` before the first time, and after the calendar has changed.
    private var foundAt: UnixNanoseconds?

    init(_ rules: MarketRules) {
        calendars = MarketCalendars(rules)
    }

    /// True until ``changes(at:)`` finds that the market has closed.
    var isOpen: Bool { state.isOpen }
    /// When the market will change.
    var until: UnixNanoseconds? { state.until }

    var source: ClosedSpanRow.Source { calendars.isFromVenue ? .venue : .configuration }

    /// Takes sessions that the venue sent; true if they change when the feed is open.
    @discardableResult
    mutating func learn(_ sessions: [String: [TradingSchedule.Session]]) -> Bool {
        guard calendars.learn(sessions) else { return false }
        foundAt = nil
        return true
    }

    /// The changes up to `time` since the last call, in order; none for a market that is open from the start.
    mutating func changes(at time: UnixNanoseconds) -> [Change] {
        guard let calendar = calendars.ofFeed else { return become(MarketState(isOpen: true, until: nil), at: time) }
        // If the clock was set back, the state is determined again.
        guard let foundAt, foundAt <= time else { return become(calendar.state(at: time), at: time) }
        var changes: [Change] = []
        while let until = state.until, until <= time { changes += become(calendar.state(at: until), at: until) }
        return changes
    }

    private mutating func become(_ new: MarketState, at time: UnixNanoseconds) -> [Change] {
        defer { (state, foundAt) = (new, time) }
        guard new.isOpen != state.isOpen else { return [] }
        return [Change(isOpen: new.isOpen, time: time, until: new.until)]
    }

    /// How long a feed without a connection may wait while the market is closed; `nil` if it should connect now.
    ///
    /// The feed must be connected and subscribed some minutes before the opening.
    func leisure(at time: UnixNanoseconds) -> Duration? {
        guard !state.isOpen else { return nil }
        guard let until = state.until else { return .seconds(86_400) }
        let rest = until.since(time) - calendars.rules.warmUp
        return rest > .zero ? rest : nil
    }

    /// The parts of a time in which the market was open.
    func openParts(of range: Range<UnixNanoseconds>) -> [Range<UnixNanoseconds>] {
        calendars.ofFeed?.openings(in: range) ?? (range.isEmpty ? [] : [range])
    }

    /// The parts of a time in which the market was closed.
    func closedParts(of range: Range<UnixNanoseconds>) -> [Range<UnixNanoseconds>] {
        calendars.ofFeed?.closures(in: range) ?? []
    }

    /// True if a symbol has been open for the last `patience`, as far as is known.
    func isOpen(_ symbol: String, for patience: Duration, at time: UnixNanoseconds) -> Bool {
        guard let calendar = calendars.calendar(of: symbol) else { return true }
        let span = time.advanced(by: .zero - patience)..<time
        return span.isEmpty ? calendar.isOpen(at: time) : calendar.closures(in: span).isEmpty
    }
}
