package import MarketModel

/// Parses the dates of HTTP headers.
package enum HTTPDate {
    private static let months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
    /// Longer texts are not dates.
    private static let bytesMax = 64

    /// Parses the three date formats of HTTP (RFC 9110 §5.6.7) and the looser ones of cookies (RFC 6265 §5.1.1).
    ///
    /// - Returns: the date, always in UTC; `nil` for any other text.
    package static func parse(_ text: String) -> UnixNanoseconds? {
        guard text.utf8.count <= bytesMax else { return nil }
        var (day, month, year, time): (Int?, Int?, Int?, [Int]?) = (nil, nil, nil, nil)
        for token in text.utf8.split(whereSeparator: isDelimiter).map({ Array($0) }) {
            if time == nil, let found = clockTime(token) {
                time = found
            } else if day == nil, let found = number(token, digits: 1...2) {
                day = found
            } else if month == nil, let found = monthNumber(token) {
                month = found
            } else if year == nil, let found = number(token, digits: 2...4) {
                year = fullYear(found)
            }
        }
        guard let day, let month, let year, let time else { return nil }
        func padded(_ number: Int, to width: Int = 2) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
        }
        let date = "\(padded(year, to: 4))-\(padded(month))-\(padded(day))"
        return UnixNanoseconds(iso8601: "\(date)T\(time.map { padded($0) }.joined(separator: ":"))Z")
    }

    /// Everything except letters, digits and colons.
    private static func isDelimiter(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: ":"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"):
            false
        default: true
        }
    }

    private static func clockTime(_ token: [UInt8]) -> [Int]? {
        let parts = token.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        guard parts.count == 3 else { return nil }
        let numbers = parts.compactMap { number(Array($0), digits: 1...2) }
        return numbers.count == 3 ? numbers : nil
    }

    private static func number(_ token: [UInt8], digits: ClosedRange<Int>) -> Int? {
        guard digits.contains(token.count), token.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else { return nil }
        return token.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }

    private static func monthNumber(_ token: [UInt8]) -> Int? {
        let start = String(decoding: token.prefix(3).map(\.asciiLowercased), as: UTF8.self)
        return months.firstIndex(of: start).map { $0 + 1 }
    }

    /// Maps years of two digits to 1970...2069 (RFC 6265 §5.1.1).
    private static func fullYear(_ year: Int) -> Int {
        switch year {
        case 70...99: year + 1900
        case 0...69: year + 2000
        default: year
        }
    }
}
