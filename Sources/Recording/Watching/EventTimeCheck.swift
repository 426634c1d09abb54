import JSONScanning
import MarketModel

/// Compares a feed's venue times with the receive times of their messages.
///
/// A time that cannot be right (``EventTimeRule``) is removed and an oddity stored; bars then use the tick's receive
/// time. A plausible time that runs ahead is used, but the feed gets one warning, because the usual cause is a wrong
/// time zone or a wrong clock.
struct EventTimeCheck: Sendable {
    /// The kind of the oddity.
    static let wrongTimeKind = "wrong_time"
    /// Normal clock differences are smaller, in nanoseconds.
    private static let leadMin: Int64 = 5_000_000_000
    /// A synchronised clock never differs by this much, so a single tick triggers the warning; in nanoseconds.
    private static let leadEvident: Int64 = 60_000_000_000
    private static let ticksInARow = 20

    /// Ticks whose venue time is more than five seconds ahead of their receive time.
    private(set) var ticksAhead: Int64 = 0
    private var leadingInARow = 0
    private var isWarned = false
    private var warning: String?

    /// Returns the warning once, then `nil`.
    mutating func takeWarning() -> String? {
        defer { warning = nil }
        return warning
    }

    /// Checks all times in `events`; their messages are those of `batch`.
    mutating func check(_ events: inout MarketEvents, _ batch: MessageBatch) {
        for index in events.quotes.indices {
            guard let time = events.quotes[index].tsEvent else { continue }
            let origin = events.quotes[index].origin
            if isTickRight(time, origin, batch) { continue }
            events.quotes[index].tsEvent = nil
            note("quote", time, origin, events.quotes[index].symbol, in: &events)
        }
        for index in events.trades.indices {
            guard let time = events.trades[index].tsEvent else { continue }
            let origin = events.trades[index].origin
            if isTickRight(time, origin, batch) { continue }
            events.trades[index].tsEvent = nil
            note("trade", time, origin, events.trades[index].symbol, in: &events)
        }
        if !events.venueBars.isEmpty { checkRest("venue_bar", \.venueBars, of: &events, batch) }
        if !events.orderUpdates.isEmpty { checkRest("order_update", \.orderUpdates, of: &events, batch) }
        if !events.statistics.isEmpty { checkRest("statistic", \.statistics, of: &events, batch) }
        if !events.positions.isEmpty { checkRest("position", \.positions, of: &events, batch) }
        if !events.marginUpdates.isEmpty { checkRest("margin_update", \.marginUpdates, of: &events, batch) }
    }

    /// Checks the times of rarer events, which do not count as ticks that run ahead.
    private func checkRest<Event: TimedEvent>(
        _ what: String,
        _ list: WritableKeyPath<MarketEvents, [Event]>,
        of events: inout MarketEvents,
        _ batch: MessageBatch
    ) {
        for index in events[keyPath: list].indices {
            let event = events[keyPath: list][index]
            guard let time = event.tsEvent else { continue }
            if EventTimeRule.canBeRight(time, receivedAt: batch.entries[event.origin.message].tsRecv) { continue }
            events[keyPath: list][index].tsEvent = nil
            note(what, time, event.origin, event.timedSymbol, in: &events)
        }
    }

    /// True if the time can be right; also counts ticks that run ahead.
    @inline(__always)
    private mutating func isTickRight(_ time: UnixNanoseconds, _ origin: EventOrigin, _ batch: MessageBatch) -> Bool {
        let tsRecv = batch.entries[origin.message].tsRecv
        guard EventTimeRule.canBeRight(time, receivedAt: tsRecv) else { return false }
        let lead = time.rawValue - tsRecv.rawValue
        if lead > Self.leadMin { noteLead(lead) } else { leadingInARow = 0 }
        return true
    }

    @inline(never)
    private mutating func noteLead(_ lead: Int64) {
        ticksAhead += 1
        leadingInARow += 1
        guard !isWarned, lead > Self.leadEvident || leadingInARow >= Self.ticksInARow else { return }
        isWarned = true
        let seconds = lead / 1_000_000_000
        warning = """
            the venue's times run \(seconds) s ahead of the receive times: check this computer's clock, and the time \
            zone that the venue's times are read in
            """
    }

    private func note(
        _ what: String,
        _ time: UnixNanoseconds,
        _ origin: EventOrigin,
        _ symbol: SymbolIndex?,
        in events: inout MarketEvents
    ) {
        var json = JSONObjectWriter()
        json.text("reason", "the time of the \(what) is too far from its receipt to be right")
        json.text("time", time.iso8601)
        events.venueEvents.append(
            VenueEvent(
                origin: origin,
                kind: Self.wrongTimeKind,
                symbol: symbol,
                isOddity: true,
                json: Array(json.text().utf8)
            )
        )
    }
}

/// An event with a time of the venue.
private protocol TimedEvent {
    var origin: EventOrigin { get }
    var tsEvent: UnixNanoseconds? { get set }
    /// The symbol that an oddity names.
    var timedSymbol: SymbolIndex? { get }
}

extension VenueBar: TimedEvent {
    fileprivate var timedSymbol: SymbolIndex? { symbol }
}

extension OrderUpdate: TimedEvent {
    fileprivate var timedSymbol: SymbolIndex? { symbol }
}

extension MarginUpdate: TimedEvent {
    fileprivate var timedSymbol: SymbolIndex? { nil }
}

extension InstrumentStatistic: TimedEvent {
    fileprivate var timedSymbol: SymbolIndex? { symbol }
}

extension PositionUpdate: TimedEvent {
    fileprivate var timedSymbol: SymbolIndex? { symbol }
}
