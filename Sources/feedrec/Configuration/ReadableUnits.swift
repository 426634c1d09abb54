/// Durations and sizes in the form that people write in a configuration.
enum ReadableUnits {
    private static let times: [(suffix: String, milliseconds: Int64)] = [
        ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1),
    ]
    private static let sizes: [(suffix: String, bytes: Int)] = [
        ("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10),
        ("TB", 1_000_000_000_000), ("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1000), ("B", 1),
    ]

    /// Parses whole numbers with units, the largest unit first: `250ms`, `10s`, `23h50m`; at most 1000 days.
    static func duration(_ text: String) -> Duration? {
        var rest = text[...]
        var total: Int64 = 0
        var unitsLeft = times[...]
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            let suffix = rest.dropFirst(digits.count).prefix { $0.isLetter }
            guard let count = Int64(digits), let unit = unitsLeft.firstIndex(where: { $0.suffix == suffix }) else {
                return nil
            }
            let (part, overflow) = count.multipliedReportingOverflow(by: times[unit].milliseconds)
            guard !overflow, part <= 86_400_000_000 else { return nil }
            total += part
            unitsLeft = times[(unit + 1)...]
            rest = rest.dropFirst(digits.count + suffix.count)
        }
        return text.isEmpty || total > 86_400_000_000 ? nil : .milliseconds(total)
    }

    static func text(of duration: Duration) -> String {
        var rest = Int64(duration / .milliseconds(1))
        var text = ""
        for (suffix, unit) in times where rest >= unit {
            text += "\(rest / unit)\(suffix)"
            rest %= unit
        }
        return text.isEmpty ? "0s" : text
    }

    /// Parses a whole number with a unit: `64KiB`, `256MiB`, `10GB`, `512B`.
    static func bytes(_ text: String) -> Int? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard let count = Int(digits), let unit = sizes.first(where: { $0.suffix == text.dropFirst(digits.count) })
        else { return nil }
        let (bytes, overflow) = count.multipliedReportingOverflow(by: unit.bytes)
        return overflow ? nil : bytes
    }

    static func text(ofBytes bytes: Int) -> String {
        for (suffix, unit) in sizes where suffix.hasSuffix("iB") || unit == 1 {
            if bytes >= unit, bytes.isMultiple(of: unit) { return "\(bytes / unit)\(suffix)" }
        }
        return "\(bytes)B"
    }
}
