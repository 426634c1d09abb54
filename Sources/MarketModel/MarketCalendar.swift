/// When at least one of several markets is open, each in the local time of its own zone.
package struct MarketCalendar: OpeningHours, Hashable, Sendable {
    package let schedules: [TradingSchedule]

    /// Without a schedule the market is never open.
    package init(_ schedules: [TradingSchedule]) {
        self.schedules = schedules
    }

    /// A calendar that is open if one of `calendars` is.
    package static func union(_ calendars: [MarketCalendar]) -> MarketCalendar {
        var schedules: [TradingSchedule] = []
        for schedule in calendars.flatMap(\.schedules) where !schedules.contains(schedule) {
            schedules.append(schedule)
        }
        return MarketCalendar(schedules)
    }

    package func openings(in range: Range<UnixNanoseconds>) -> [Range<UnixNanoseconds>] {
        let spans = schedules.flatMap { $0.openings(in: range) }.sorted { $0.lowerBound < $1.lowerBound }
        var joined: [Range<UnixNanoseconds>] = []
        for span in spans { joined.appendJoined(span) }
        return joined
    }
}
