import JSONScanning
import MarketModel

/// Reads `ConSymbol.sessions`: the quote sessions of each day of the week, starting on Sunday, in broker time.
enum MT4Sessions {
    private static let dayMinutes = 1440

    /// Returns the sessions of a week; `nil` if the hub does not give them.
    ///
    /// A week without sessions means that they are unknown: such hubs send zeros.
    static func read(_ value: JSONValue?) throws(JSONError) -> [TradingSchedule.Session]? {
        guard let days = try elements(of: value), days.count == 7 else { return nil }
        var sessions: [TradingSchedule.Session] = []
        for (day, element) in days.enumerated() {
            guard let object = try MT4Object(element), let quotes = try elements(of: object["quote"]) else {
                return nil
            }
            for quote in quotes {
                guard let minutes = try minutes(of: MT4Object(quote)) else { return nil }
                guard minutes.open != minutes.close else { continue }
                let from = day * dayMinutes + minutes.open
                // A session whose end is before its start ends on the next day.
                let to = day * dayMinutes + minutes.close + (minutes.close < minutes.open ? dayMinutes : 0)
                guard let session = TradingSchedule.Session(from: from, to: to) else { return nil }
                sessions.append(session)
            }
        }
        return sessions.isEmpty ? nil : sessions
    }

    private static func elements(of value: JSONValue?) throws(JSONError) -> [JSONValue]? {
        guard let value, value.kind == .array else { return nil }
        var cursor = JSONCursor(value)
        var elements: [JSONValue] = []
        try cursor.enterArray()
        while try cursor.nextElement() { elements.append(try cursor.nextValue()) }
        return elements
    }

    /// Returns minutes since midnight.
    ///
    /// A missing member is 0.
    private static func minutes(of session: MT4Object?) -> (open: Int, close: Int)? {
        guard let session else { return nil }
        func time(_ hour: StaticString, _ minute: StaticString) -> Int? {
            let (hours, minutes) = (session.integer(hour) ?? 0, session.integer(minute) ?? 0)
            guard (0...24).contains(hours), (0..<60).contains(minutes), hours * 60 + minutes <= 1440 else { return nil }
            return Int(hours * 60 + minutes)
        }
        guard let open = time("openHour", "openMin"), let close = time("closeHour", "closeMin"), open < dayMinutes
        else {
            return nil
        }
        return (open, close)
    }
}
