import Archive
import BarBuilding
import MarketModel

/// An argument of a function in SQL.
struct SQLArgument {
    private let value: SQLValue
    /// What the argument is, for errors: `the time of book`.
    private let name: String

    init(_ value: SQLValue, _ name: String) {
        self.value = value
        self.name = name
    }

    /// `nil` for NULL.
    func text() throws -> String? {
        switch value {
        case .null: nil
        case .text(let text): text
        default: throw mistake("is no text")
        }
    }

    /// Nanoseconds since the UNIX epoch, or ISO 8601.
    func time() throws -> UnixNanoseconds {
        switch value {
        case .integer(let nanoseconds): return UnixNanoseconds(nanoseconds)
        case .text(let text):
            if let time = UnixNanoseconds(iso8601: text) { return time }
            throw mistake("is '\(text)', which is no time such as 2026-01-05T09:30:00Z")
        default: throw mistake("is neither nanoseconds nor a text such as 2026-01-05T09:30:00Z")
        }
    }

    /// Nanoseconds, more than 0, or a length such as `1s`.
    func step() throws -> Int64 {
        switch value {
        case .integer(let nanoseconds) where nanoseconds > 0: return nanoseconds
        case .text(let text):
            if let interval = BarInterval(text: text) { return interval.nanoseconds }
            throw mistake("is '\(text)', which is no length such as 250ms, 1s or 1m")
        default: throw mistake("is neither nanoseconds, more than 0, nor a text such as 250ms, 1s or 1m")
        }
    }

    /// 0 or more; `standard` for NULL.
    func count(default standard: Int) throws -> Int {
        switch value {
        case .null: standard
        case .integer(let count) where count >= 0: Int(count)
        default: throw mistake("is no whole number of 0 or more")
        }
    }

    private func mistake(_ what: String) -> BookFunctions.Mistake {
        BookFunctions.Mistake(description: "\(name) \(what)")
    }
}
