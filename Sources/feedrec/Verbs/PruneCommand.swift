import Archive
import ArgumentParser
import JSONScanning
import MarketModel

/// `keep`, an age (`30d`, `1y`) or a size (`500M`, `20G`).
struct RetentionArgument: ExpressibleByArgument {
    let limit: RetentionLimit
    /// The text as given.
    let text: String

    static let keep = RetentionArgument()

    private init() { (limit, text) = (.keep, "keep") }

    init?(argument: String) {
        text = argument
        let units: [(String, (Int64) -> RetentionLimit)] = [
            ("s", { .age(.seconds($0)) }), ("m", { .age(.seconds($0 * 60)) }), ("h", { .age(.seconds($0 * 3600)) }),
            ("d", { .age(.seconds($0 * 86_400)) }), ("w", { .age(.seconds($0 * 604_800)) }),
            ("y", { .age(.seconds($0 * 31_557_600)) }), ("K", { .bytes($0 << 10) }), ("M", { .bytes($0 << 20) }),
            ("G", { .bytes($0 << 30) }), ("T", { .bytes($0 << 40) }),
        ]
        if argument == "keep" {
            limit = .keep
        } else if let unit = units.first(where: { argument.hasSuffix($0.0) }),
            let count = Int64(argument.dropLast()), (0...1_000_000).contains(count)
        {
            limit = unit.1(count)
        } else {
            return nil
        }
    }

    var defaultValueDescription: String { text }
}

struct PruneCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prune",
        abstract: "Delete old raw messages, ticks or bars, each by its own age or size.",
        discussion: """
            A limit is 'keep', an age (s, m, h, d, w, y) or a total size of all recordings (K, M, G, T). Each \
            recording loses a tier (raw, ticks or bars) as a whole, oldest recording first. A recording that is being \
            written loses nothing. Sessions, instruments and gaps stay, and verify knows what was pruned.

              feedrec prune ./tape --raw 30d --ticks 1y --dry-run
              feedrec prune ./tape --raw 200G
            """
    )

    @Argument(help: "A directory of recordings, or one recording.")
    var archive: String

    @Option(help: "Raw messages to keep, by age or size.")
    var raw = RetentionArgument.keep

    @Option(help: "Quotes, trades, margin updates and events to keep, by age or size.")
    var ticks = RetentionArgument.keep

    @Option(help: "Bars to keep, by age or size.")
    var bars = RetentionArgument.keep

    @Flag(help: "Only print what would be deleted.")
    var dryRun = false

    @Flag(help: "Print JSON: an array with one object per recording that loses data.")
    var json = false

    func validate() throws {
        guard [raw, ticks, bars].contains(where: { $0.limit != .keep }) else {
            throw ValidationError("nothing to prune: give --raw, --ticks or --bars")
        }
    }

    func run() async throws {
        let pruner = ArchivePruner(
            RetentionPolicy(raw: raw.limit, ticks: ticks.limit, bars: bars.limit),
            UpkeepStamp(now: Clocks.wall(), programVersion: Program.version)
        )
        DraftNotice.clear([archive])
        let location = try ArchiveNotice.locate([archive])
        let outcomes = try pruner.prune(location.files, isDryRun: dryRun)
        var output = StandardOutput()
        if json {
            try output.writeLine("[" + outcomes.map(json).joined(separator: ",\n ") + "]")
        } else {
            for outcome in outcomes { try output.writeLine(visible: Self.line(of: outcome, isDryRun: dryRun)) }
            if outcomes.isEmpty { try output.writeLine("nothing is over its limit") }
        }
        try output.flush()
        try ArchiveNotice.endIfDataIsMissing(location)
    }

    static func line(of outcome: PruneOutcome, isDryRun: Bool) -> String {
        if outcome.isWritten, outcome.tiers.isEmpty { return "\(outcome.file): skipped: it is being written" }
        let tiers = RetentionTier.allCases.compactMap { tier in
            outcome.tiers[tier].map { bytes in
                let name = tier == .raw ? "raw messages" : tier.rawValue
                return "\(outcome.rows[tier] ?? 0) \(name) (\(RecordingFacts.text(bytes: bytes)))"
            }
        }
        let action = isDryRun ? "would lose" : "lost"
        let freed =
            isDryRun ? "" : "; freed \(RecordingFacts.text(bytes: outcome.fileBytesBefore - outcome.fileBytesAfter))"
        return "\(outcome.file): \(action) \(tiers.joined(separator: ", "))\(freed)"
    }

    private func json(of outcome: PruneOutcome) -> String {
        var object = JSONObjectWriter()
        object.text("file", outcome.file)
        object.boolean("is_written", outcome.isWritten)
        object.boolean("dry_run", dryRun)
        for tier in RetentionTier.allCases {
            object.integer("\(tier.rawValue)_bytes", outcome.tiers[tier])
            object.integer("\(tier.rawValue)_rows", outcome.rows[tier])
        }
        object.integer("file_bytes_before", outcome.fileBytesBefore)
        object.integer("file_bytes_after", outcome.fileBytesAfter)
        return object.text()
    }
}
