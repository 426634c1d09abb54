import Archive
import BarBuilding
import MarketModel

/// The bars that a request to `/api/bars` asks for.
struct BarOrder {
    let symbol: String
    let venue: String?
    let side: BarSide
    let interval: BarInterval
    let range: ReadRange
    let limit: Int
    private let ticksLeft = Budget()

    /// The maximum number of ticks to read for one answer.
    private final class Budget {
        var count = 2_000_000
    }

    /// The query parameters.
    ///
    /// An empty value counts as missing.
    static let parameters = ["symbol", "venue", "interval", "side", "from", "to", "limit"]

    init(_ query: [(name: String, value: String)], range: ReadRange, start: Int64) throws(APIError) {
        func value(_ name: String) -> String? {
            query.first { $0.name == name && !$0.value.isEmpty }?.value
        }
        func moment(_ name: String) throws(APIError) -> Int64? {
            guard let text = value(name) else { return nil }
            guard let moment = TapeMoment(text: text) else {
                throw .badRequest("\(name) must be ISO 8601 or nanoseconds since 1970, or like '+5m'")
            }
            return moment.time(start: start)
        }
        guard let symbol = value("symbol") else { throw .badRequest("'symbol' is missing") }
        guard let interval = BarInterval(text: value("interval") ?? "1m") else {
            throw .badRequest("interval must be a length such as '1m'")
        }
        guard let side = [BarSide.bid, .ask, .trade].first(where: { $0.name == value("side") ?? "bid" }) else {
            throw .badRequest("side must be bid, ask or trade")
        }
        guard let limit = Int(value("limit") ?? "1000"), (1...10_000).contains(limit) else {
            throw .badRequest("limit must be a whole number from 1 to 10000")
        }
        if let from = try moment("from"), let to = try moment("to"), from >= to {
            throw .badRequest("from must come before to")
        }
        self.symbol = symbol
        self.venue = value("venue")
        self.side = side
        self.interval = interval
        self.limit = limit
        self.range = ReadRange(
            from: max(range.from, UnixNanoseconds(try moment("from") ?? .min)),
            to: min(range.to, UnixNanoseconds(try moment("to") ?? .max))
        )
    }

    /// Counts a tick; returns false when there are enough bars or ticks.
    func hasRoom(barCount: Int) -> Bool {
        ticksLeft.count -= 1
        return ticksLeft.count > 0 && barCount <= limit
    }
}
