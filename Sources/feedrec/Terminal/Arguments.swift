import ArgumentParser
import BarBuilding
import MarketModel
import Replaying
import Transport
import Venues

extension Venue: ExpressibleByArgument {
    /// Accepts the name or an alias of a venue.
    public init?(argument: String) {
        guard let venue = Venue.called(argument) else { return nil }
        self = venue
    }

    /// The names of all venues.
    public static var allValueStrings: [String] { all.map(\.name) }
}

extension PlaybackSpeed: ExpressibleByArgument {
    /// Accepts `max` or a positive number.
    public init?(argument: String) {
        self.init(text: argument)
    }
}

/// A duration as people write it: `500ms`, `30s`, `5m`, `2h`, `1d`.
struct DurationArgument: ExpressibleByArgument {
    let duration: Duration

    init(_ duration: Duration) {
        self.duration = duration
    }

    init?(argument: String) {
        let units: [(suffix: String, seconds: Double)] = [
            ("ms", 0.001), ("s", 1), ("m", 60), ("h", 3600), ("d", 86_400),
        ]
        guard let unit = units.first(where: { argument.hasSuffix($0.suffix) }),
            let count = Double(argument.dropLast(unit.suffix.count)), count > 0, count * unit.seconds < 1e9
        else { return nil }
        duration = .seconds(count * unit.seconds)
    }
}

extension DurationArgument: CustomStringConvertible {
    /// The duration in the largest unit that needs no fraction.
    var description: String {
        let milliseconds = Int(duration / .milliseconds(1))
        let units = [(86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1000, "s")]
        let unit = units.first { milliseconds >= $0.0 && milliseconds % $0.0 == 0 } ?? (1, "ms")
        return "\(milliseconds / unit.0)\(unit.1)"
    }
}

/// A duration, or `off`.
struct OptionalDurationArgument: ExpressibleByArgument, CustomStringConvertible {
    let duration: Duration?

    init(_ duration: Duration?) {
        self.duration = duration
    }

    init?(argument: String) {
        if argument == "off" {
            duration = nil
        } else if let argument = DurationArgument(argument: argument) {
            duration = argument.duration
        } else {
            return nil
        }
    }

    var description: String { duration.map { DurationArgument($0).description } ?? "off" }
}

/// A number of bytes: `65536`, `64KiB`, `16MiB`.
struct ByteCountArgument: ExpressibleByArgument, CustomStringConvertible {
    private static let units: [(suffix: String, bytes: Int)] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)]

    let bytes: Int

    init(_ bytes: Int) {
        self.bytes = bytes
    }

    init?(argument: String) {
        let unit = Self.units.first { argument.hasSuffix($0.suffix) } ?? ("", 1)
        guard let count = Int(argument.dropLast(unit.suffix.count)), (1...1 << 40).contains(count) else { return nil }
        bytes = count * unit.bytes
    }

    /// The size in the largest unit that needs no fraction.
    var description: String {
        let unit = Self.units.first { bytes >= $0.bytes && bytes % $0.bytes == 0 } ?? ("", 1)
        return "\(bytes / unit.bytes)\(unit.suffix)"
    }
}

/// A point in time: ISO 8601 (`2026-01-05T09:30:00Z`, `2026-01-05`) or nanoseconds since the UNIX epoch.
struct TimeArgument: ExpressibleByArgument {
    let time: UnixNanoseconds

    init?(argument: String) {
        if let nanoseconds = Int64(argument) {
            time = UnixNanoseconds(nanoseconds)
        } else if let time = UnixNanoseconds(iso8601: argument) {
            self.time = time
        } else {
            return nil
        }
    }
}

/// Bar lengths, separated by commas: `1s,1m`.
struct BarIntervalsArgument: ExpressibleByArgument {
    let intervals: [BarInterval]

    init?(argument: String) {
        var intervals: [BarInterval] = []
        for part in argument.split(separator: ",", omittingEmptySubsequences: false) {
            guard let interval = BarInterval(text: String(part)) else { return nil }
            if !intervals.contains(interval) { intervals.append(interval) }
        }
        self.intervals = intervals
    }
}

/// `HOST:PORT` or `[V6]:PORT`; port 0 lets the system pick one.
struct ListenAddress: ExpressibleByArgument, Hashable {
    let host: String
    let port: Int

    init?(argument: String) {
        guard let colon = argument.lastIndex(of: ":"),
            let port = Int(argument[argument.index(after: colon)...]), (0...65_535).contains(port)
        else { return nil }
        var host = String(argument[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        guard !host.isEmpty else { return nil }
        self.host = host
        self.port = port
    }

    var isLoopback: Bool {
        host == "localhost" || host == "::1" || Self.isLoopbackIPv4(host)
    }

    /// True for `127.x.y.z`; a name such as `127.example.com` may be any address.
    private static func isLoopbackIPv4(_ host: String) -> Bool {
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }
}
