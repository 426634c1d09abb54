package import MarketModel

/// The configured hours of a feed's markets.
package struct MarketRules: Hashable, Sendable {
    /// The hours of symbols without sessions of their own; `nil` if none are configured.
    package var calendar: MarketCalendar?
    /// The hours of symbols with sessions of their own.
    package var calendarOfSymbol: [String: MarketCalendar] = [:]
    /// The symbols that the feed subscribes by name; empty for a feed without such symbols.
    package var symbols: [String] = []
    /// The time zone of the sessions that the venue sends.
    package var venueZone: ZoneRules?
    /// How long before an opening the feed must be connected and subscribed.
    package var warmUp: Duration = .seconds(300)

    package init() {}

    /// The symbols whose sessions the venue must send; empty if they are not needed or cannot be used.
    var symbolsOfVenue: Set<String> {
        calendar != nil || venueZone == nil ? [] : Set(symbols.filter { calendarOfSymbol[$0] == nil })
    }

    /// The symbols that determine whether the market is open.
    fileprivate var names: Set<String> { Set(symbols).union(calendarOfSymbol.keys) }
}

/// The calendars of a feed, from the configuration and from the venue.
///
/// The configuration has precedence over the venue. A symbol without sessions from either may trade at any time.
struct MarketCalendars: Sendable {
    let rules: MarketRules
    private var venueSessions: [String: [TradingSchedule.Session]] = [:]
    /// The hours of the feed as a whole; `nil` if it is always open.
    private(set) var ofFeed: MarketCalendar?
    /// True if ``ofFeed`` depends on sessions of the venue.
    private(set) var isFromVenue = false

    init(_ rules: MarketRules) {
        self.rules = rules
        combine()
    }

    /// True if the venue's sessions cannot be used, because their time zone is not known.
    var lacksVenueZone: Bool { rules.venueZone == nil && rules.calendar == nil }

    /// The hours of a symbol; `nil` if it is always open.
    func calendar(of symbol: String) -> MarketCalendar? {
        if let calendar = rules.calendarOfSymbol[symbol] ?? rules.calendar { return calendar }
        guard let zone = rules.venueZone, let sessions = venueSessions[symbol] else { return nil }
        return MarketCalendar([TradingSchedule(zone: zone, sessions: sessions)])
    }

    /// Takes sessions that the venue sent; returns true if they change the feed's hours.
    mutating func learn(_ sessions: [String: [TradingSchedule.Session]]) -> Bool {
        let before = venueSessions
        venueSessions.merge(sessions) { $1 }
        guard venueSessions != before else { return false }
        let calendar = ofFeed
        combine()
        return ofFeed != calendar
    }

    private mutating func combine() {
        // Ticks of a feed that does not name its symbols follow the general sessions.
        let others: [MarketCalendar?] = rules.symbols.isEmpty ? [rules.calendar] : []
        let named = Set(rules.symbols).union(rules.calendarOfSymbol.keys).sorted().map(calendar(of:))
        let all = others + named
        ofFeed = all.allSatisfy { $0 != nil } ? MarketCalendar.union(all.compactMap { $0 }) : nil
        isFromVenue =
            ofFeed != nil && rules.calendar == nil
            && rules.symbols.contains { rules.calendarOfSymbol[$0] == nil }
    }
}
