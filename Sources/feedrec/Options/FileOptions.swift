import Archive
import ArgumentParser
import Recording

/// How a recording is stored on disk.
struct FileOptions: ParsableArguments {
    @Option(help: "Start a new file at this size, such as 500MiB or 2GiB.")
    var rotateSize: SizeArgument?

    @Option(help: "Start a new file at each multiple of this time, such as 1h.")
    var rotateEvery: DurationArgument?

    @Option(
        help: "process: 'kill -9' loses nothing. power: a power failure loses at most 100 ms. (default: process)"
    )
    var durability: Durability?

    @Option(help: "Disk space for messages that are not yet in a file. (default: 256MiB)")
    var journalLimit: SizeArgument?

    @Option(
        help:
            "Start a new file if a reader blocks the write-ahead log and it grows to this size. (default: 512MiB)"
    )
    var walLimit: SizeArgument?

    @Option(help: "Raw messages to keep, by age or size, such as 30d or 200G. (default: keep)")
    var keepRaw: RetentionArgument?

    @Option(help: "Quotes, trades, margin updates and events to keep, by age or size, such as 1y. (default: keep)")
    var keepTicks: RetentionArgument?

    @Option(help: "Bars to keep, by age or size. (default: keep)")
    var keepBars: RetentionArgument?

    @Option(
        help: """
            What to do if storing cannot keep up and the journal is three quarters full. stop-reading: let the venue \
            wait. drop: leave messages out and record a gap. (default: stop-reading)
            """
    )
    var overload: OverloadRule?

    /// The flags that were given.
    ///
    /// The configuration supplies the defaults and checks the ranges.
    var flags: OptionFlags {
        var flags: OptionFlags = [:]
        flags["files.rotate_size"] = rotateSize.map { ("--rotate-size", "\($0.bytes)B") }
        flags["files.rotate_every"] = rotateEvery.map { ("--rotate-every", $0.description) }
        flags["files.durability"] = durability.map { ("--durability", $0.rawValue) }
        flags["files.journal_limit"] = journalLimit.map { ("--journal-limit", "\($0.bytes)B") }
        flags["files.wal_limit"] = walLimit.map { ("--wal-limit", "\($0.bytes)B") }
        flags["files.keep_raw"] = keepRaw.map { ("--keep-raw", $0.text) }
        flags["files.keep_ticks"] = keepTicks.map { ("--keep-ticks", $0.text) }
        flags["files.keep_bars"] = keepBars.map { ("--keep-bars", $0.text) }
        flags["files.overload"] = overload.map { ("--overload", $0.rawValue) }
        return flags
    }
}

extension Durability: ExpressibleByArgument {}
extension OverloadRule: ExpressibleByArgument {}

/// A number of bytes: `4096`, `64KiB`, `500MiB`, `2GiB`.
struct SizeArgument: ExpressibleByArgument, CustomStringConvertible {
    let bytes: Int64

    init(bytes: Int64) {
        self.bytes = bytes
    }

    init?(argument: String) {
        let units: [(suffix: String, bytes: Int64)] = [("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("", 1)]
        for unit in units where argument.hasSuffix(unit.suffix) {
            guard let count = Int64(argument.dropLast(unit.suffix.count)), count > 0, count <= .max / unit.bytes else {
                return nil
            }
            bytes = count * unit.bytes
            return
        }
        return nil
    }

    var description: String {
        for (suffix, unit) in [("GiB", Int64(1 << 30)), ("MiB", 1 << 20), ("KiB", 1 << 10)]
        where bytes.isMultiple(of: unit) {
            return "\(bytes / unit)\(suffix)"
        }
        return String(bytes)
    }
}
