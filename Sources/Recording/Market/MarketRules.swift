package import MarketModel

/// What is configured about the hours of a feed's markets.
package struct MarketRules: Hashable, Sendable {
    /// When symbols without sessions of their own are open; `nil` where the configuration does not say.
    package var calendar: MarketCalendar?
    /// Symbols with sessions of their own.
    package var calendarOfSymbol: [String: MarketCalendar] = [:]
    /// The symbols that the feed asks for by name; empty for a feed that asks for something else.
    package var symbols: [String] = []
    /// The zone of the sessions that the venue sends.
    package var venueZone: ZoneRules?
    /// For how long before an opening the feed has to be connected and subscribed.
    package var warmUp: Duration = .seconds(300)

    package init() {}

    /// The names of the symbols that decide whether the market is open.
    fileprivate var names: Set<String> { Set(symbols).union(calendarOfSymbol.keys) }
}

/// The calendars of a feed, made of what is configured and of what the venue said.
///
/// The configuration counts more than the venue. A symbol about which neither says anything may trade at any time.
struct MarketCalendars: Sendable {
    let rules: MarketRules
    private var venueSessions: [String: [TradingSchedule.Session]] = [:]
    /// When the feed as a whole is open; `nil` without a limit.
    private(set) var ofFeed: MarketCalendar?
    /// True if ``ofFeed`` needs what the venue said.
    private(set) var isFromVenue = false

    init(_ rules: MarketRules) {
        self.rules = rules
        combine()
    }

    /// True if sessions that the venue sends are of no use, since their zone is not known.
    var lacksVenueZone: Bool { rules.venueZone == nil && rules.calendar == nil }

    /// When a symbol is open; `nil` without a limit.
    func calendar(of symbol: String) -> MarketCalendar? {
        if let calendar = rules.calendarOfSymbol[symbol] ?? rules.calendar { return calendar }
        guard let zone = rules.venueZone, let sessions = venueSessions[symbol] else { return nil }
        return MarketCalendar([TradingSchedule(zone: zone, sessions: sessions)])
    }

    /// Takes sessions that the venue sent; true if they change something.
    mutating func learn(_ sessions: [String: [TradingSchedule.Session]]) -> Bool {
        let before = venueSessions
        venueSessions.merge(sessions) { $1 }
        guard venueSessions != before else { return false }
        let calendar = ofFeed
        combine()
        return ofFeed != calendar
    }

    private mutating func combine() {
        // What a feed brings that does not name its symbols follows the general sessions.
        let others: [MarketCalendar?] = rules.symbols.isEmpty ? [rules.calendar] : []
        let named = Set(rules.symbols).union(rules.calendarOfSymbol.keys).sorted().map(calendar(of:))
        let all = others + named
        ofFeed = all.allSatisfy { $0 != nil } ? MarketCalendar.union(all.compactMap { $0 }) : nil
        isFromVenue =
            ofFeed != nil && rules.calendar == nil
            && rules.symbols.contains { rules.calendarOfSymbol[$0] == nil }
    }
}
