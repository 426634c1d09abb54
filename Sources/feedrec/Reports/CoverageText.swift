import Archive
import JSONScanning
import MarketModel

/// Coverage for people and for programs.
enum CoverageText {
    /// One line per instrument and UTC day: the fraction, and one character per hour.
    ///
    /// `#` means that the whole expected time of the hour was recorded, `0` to `9` that this number of tenths was
    /// recorded, and `-` that nothing was expected in the hour.
    static func lines(of coverage: Coverage) -> [String] {
        let width = coverage.instruments.map { VisibleText.columns(VisibleText.escaped($0.symbol)) }.max() ?? 0
        return coverage.instruments.flatMap { instrument in
            days(of: instrument).map { day in
                let name = VisibleText.padded(instrument.symbol, to: width)
                return "  coverage     \(name) \(text(day.fraction)) \(day.date) \(day.map)"
            }
        }
    }

    static func json(of coverage: Coverage) -> String {
        let instruments = coverage.instruments.map { instrument in
            var object = JSONObjectWriter()
            object.text("venue", instrument.venue)
            object.text("symbol", instrument.symbol)
            object.raw("fraction", "\(instrument.fraction)")
            object.integer("expected_ns", instrument.expectedNS)
            object.integer("covered_ns", instrument.coveredNS)
            let hours = instrument.hours.map { hour in
                var object = JSONObjectWriter()
                object.integer("ts_start", hour.start.rawValue)
                object.text("time_start", hour.start.iso8601)
                object.raw("fraction", "\(hour.fraction)")
                object.integer("expected_ns", hour.expectedNS)
                object.integer("covered_ns", hour.coveredNS)
                return object.text()
            }
            object.raw("hours", "[" + hours.joined(separator: ",") + "]")
            return object.text()
        }
        return "[" + instruments.joined(separator: ",") + "]"
    }

    /// The fraction with six digits, rounded down, so that only full coverage prints as 1.
    static func text(_ fraction: Double) -> String {
        guard fraction < 1 else { return "1.000000" }
        let millionths = String(Int(min(999_999, (fraction * 1e6).rounded(.down))))
        return "0." + String(repeating: "0", count: 6 - millionths.count) + millionths
    }

    private struct Day {
        let date: String
        var map = [Character](repeating: "-", count: 24)
        var expected: Int64 = 0
        var covered: Int64 = 0
        var fraction: Double { expected > 0 ? Double(covered) / Double(expected) : 1 }
    }

    private static func days(of instrument: InstrumentCoverage) -> [(date: String, fraction: Double, map: String)] {
        var days: [Day] = []
        for hour in instrument.hours {
            let text = hour.start.iso8601
            let date = String(text.prefix(10))
            guard let number = Int(text.dropFirst(11).prefix(2)), number < 24 else { continue }
            if days.last?.date != date { days.append(Day(date: date)) }
            days[days.count - 1].map[number] = mark(hour.fraction)
            days[days.count - 1].expected += hour.expectedNS
            days[days.count - 1].covered += hour.coveredNS
        }
        return days.map { ($0.date, $0.fraction, String($0.map)) }
    }

    private static func mark(_ fraction: Double) -> Character {
        fraction >= 1 ? "#" : Character(String(min(9, max(0, Int(fraction * 10)))))
    }
}
