import Archive
import MarketModel

/// What a client of `/replay` asks for.
struct NormalizedRequest: Sendable {
    /// The symbols wanted; `nil` for all.
    var symbols: Set<String>?
    var range: ReadRange
    var speed: PlaybackSpeed

    /// Takes what the query of the URL says; it can narrow what the server offers, not widen it.
    mutating func narrow(by query: [(name: String, value: String)]) throws(BadQuery) {
        for (name, value) in query {
            switch name {
            case "symbols":
                let wanted = Set(value.split(separator: ",").map(String.init))
                symbols = symbols.map(wanted.intersection) ?? wanted
            case "from": range.from = max(range.from, try Self.time(value, name))
            case "to": range.to = min(range.to, try Self.time(value, name))
            case "speed":
                guard let speed = PlaybackSpeed(text: value) else {
                    throw BadQuery(description: "speed must be 'max' or a positive number, not '\(value)'")
                }
                self.speed = speed
            default: continue
            }
        }
    }

    private static func time(_ text: String, _ name: String) throws(BadQuery) -> UnixNanoseconds {
        if let nanoseconds = Int64(text) { return UnixNanoseconds(nanoseconds) }
        guard let time = UnixNanoseconds(iso8601: text) else {
            throw BadQuery(description: "\(name) must be ISO 8601 or nanoseconds since 1970, not '\(text)'")
        }
        return time
    }
}

/// A query that makes no sense.
struct BadQuery: Error {
    let description: String
}
