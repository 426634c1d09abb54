import JSONScanning
import MarketModel

extension TapeMoment {
    /// Reads a number of nanoseconds since 1970, or any text that ``init(text:)`` accepts.
    init?(_ value: JSONValue) {
        if value.kind == .number, let time = value.integer {
            self = .absolute(time)
        } else {
            guard let text = value.text, let moment = TapeMoment(text: text) else { return nil }
            self = moment
        }
    }

    /// Reads nanoseconds since 1970, ISO 8601, or `+5m` after the tape's start.
    package init?(text: String) {
        // Many programs read an unescaped plus sign in a URL as a space.
        if text.hasPrefix("+") || text.hasPrefix(" ") {
            guard let length = TapeLength(text: String(text.dropFirst())) else { return nil }
            self = .behindStart(length.nanoseconds)
        } else if let time = Int64(text) {
            self = .absolute(time)
        } else if let time = UnixNanoseconds(iso8601: text) {
            self = .absolute(time.rawValue)
        } else {
            return nil
        }
    }
}

/// A duration as people write it: `500ms`, `10s`, `5m`, `2h`, `1d`, also with a fraction.
package struct TapeLength: Sendable, Hashable {
    package let nanoseconds: Int64

    private static let units: [(suffix: String, nanoseconds: Double)] = [
        ("ns", 1), ("us", 1e3), ("ms", 1e6), ("s", 1e9), ("m", 60e9), ("h", 3600e9), ("d", 86_400e9),
    ]

    /// Reads a length of at least 0 and at most about a hundred years; `0` needs no unit.
    package init?(text: String) {
        if text == "0" {
            nanoseconds = 0
            return
        }
        guard let unit = Self.units.first(where: { text.hasSuffix($0.suffix) }),
            let first = text.utf8.first, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first),
            let count = Double(text.dropLast(unit.suffix.count)), count * unit.nanoseconds <= 3.2e18
        else { return nil }
        nanoseconds = Int64((count * unit.nanoseconds).rounded())
    }

    /// Reads a length with or without a sign.
    init?(signedText text: String) {
        let isNegative = text.hasPrefix("-")
        guard let length = TapeLength(text: isNegative || text.hasPrefix("+") ? String(text.dropFirst()) : text) else {
            return nil
        }
        nanoseconds = isNegative ? -length.nanoseconds : length.nanoseconds
    }

    init(nanoseconds: Int64) {
        self.nanoseconds = nanoseconds
    }
}
