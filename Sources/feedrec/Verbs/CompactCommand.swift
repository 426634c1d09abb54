import Archive
import ArgumentParser
import JSONScanning
import MarketModel

struct CompactCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compact",
        abstract: "Recompress recordings that nobody writes any more.",
        discussion: """
            The raw messages go into larger blocks at a high level of zstd; digest, messages and rows stay the same, \
            which is verified before a recording is replaced in one step. It may be stopped at any time and goes on \
            with the next file when it is run again. The recording of a running recorder is left alone.

            Real captures of Binance: the raw messages take 18 % less at level 12, which compresses over 20 MB a \
            second, and 29 % less at level 19, at a tenth of that speed.

              feedrec compact ./tape
              feedrec compact ./tape --level 19
            """
    )

    @Argument(help: "A recording, or a directory of recordings.")
    var archive: String

    @Option(help: "Level of zstd, 1 to 22.")
    var level = 12

    @Option(help: "Payload of a block in KiB, 64 to 16384: more compresses better, but is read as a whole.")
    var blockSize = 512

    @Flag(help: "Print JSON: an array with one object a recording.")
    var json = false

    func validate() throws {
        guard (1...22).contains(level) else { throw ValidationError("--level is from 1 to 22, not \(level)") }
        guard (64...16_384).contains(blockSize) else {
            throw ValidationError("--block-size is from 64 to 16384 KiB, not \(blockSize)")
        }
    }

    func run() async throws {
        let compactor = ArchiveCompactor(
            ArchiveCompactor.Settings(level: level, blockBytes: blockSize << 10),
            UpkeepStamp(now: Clocks.wall(), programVersion: Program.version),
            progress: UpkeepProgress.reporter("compacting")
        )
        DraftNotice.clear([archive])
        var outcomes: [CompactionOutcome] = []
        let location = try ArchiveNotice.locate([archive])
        for file in location.files { outcomes.append(try compactor.compact(file)) }
        StandardError.endProgress()
        var output = StandardOutput()
        if json {
            try output.writeLine("[" + outcomes.map(Self.json).joined(separator: ",\n ") + "]")
        } else {
            for outcome in outcomes { try output.writeLine(visible: Self.line(of: outcome)) }
            let saved = outcomes.reduce(0) { $0 + $1.savedBytes }
            try output.writeLine("saved \(RecordingFacts.text(bytes: saved))")
        }
        try output.flush()
        try ArchiveNotice.endIfDataIsMissing(location)
    }

    private static func line(of outcome: CompactionOutcome) -> String {
        let reason =
            switch outcome.status {
            case .compacted:
                "\(RecordingFacts.text(bytes: outcome.fileBytesBefore)) to "
                    + "\(RecordingFacts.text(bytes: outcome.fileBytesAfter)), "
                    + "\(outcome.blockCountBefore) blocks to \(outcome.blockCountAfter)"
            case .unchanged: "compacted before"
            case .incompressible: "would not become smaller"
            case .written: "left alone, it is being written"
            }
        return "\(outcome.file): \(reason)"
    }

    private static func json(of outcome: CompactionOutcome) -> String {
        var object = JSONObjectWriter()
        object.text("file", outcome.file)
        object.text("status", outcome.status.rawValue)
        object.integer("file_bytes_before", outcome.fileBytesBefore)
        object.integer("file_bytes_after", outcome.fileBytesAfter)
        object.integer("saved_bytes", outcome.savedBytes)
        object.integer("blocks_before", outcome.blockCountBefore)
        object.integer("blocks_after", outcome.blockCountAfter)
        return object.text()
    }
}
