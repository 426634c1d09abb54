import Archive
import ArgumentParser
import MarketModel
import Recording

/// How a recording is kept on the disk.
struct FileOptions: ParsableArguments {
    @Option(help: "Begin another file when one has this size, such as 500MiB or 2GiB.")
    var rotateSize: SizeArgument?

    @Option(help: "Begin another file at each multiple of this time, such as 1h.")
    var rotateEvery: DurationArgument?

    @Option(help: "process: lose nothing by 'kill -9'. power: lose 100 ms at most by a loss of power.")
    var durability = Durability.process

    @Option(help: "The most that messages which are not yet in a file may take on the disk.")
    var journalLimit = SizeArgument(bytes: 256 << 20)

    func validate() throws {
        guard journalLimit.bytes >= 16 << 20 else { throw ValidationError("--journal-limit must be at least 16MiB") }
        if let rotateSize, rotateSize.bytes < 1 << 16 { throw ValidationError("--rotate-size must be at least 64KiB") }
        if let rotateEvery, rotateEvery.duration < .seconds(1) {
            throw ValidationError("--rotate-every must be at least 1s")
        }
    }

    var rotation: RotationPolicy {
        var policy = RotationPolicy()
        policy.bytesMax = rotateSize?.bytes
        policy.period = rotateEvery?.duration
        return policy
    }
}

extension Durability: ExpressibleByArgument {}

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
