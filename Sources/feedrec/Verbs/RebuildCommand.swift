import Archive
import ArgumentParser
import JSONScanning
import MarketModel
import Recording

struct RebuildCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rebuild",
        abstract: "Rebuild rows and bars from the raw messages.",
        discussion: """
            The venue's dialect reads the stored messages again. A recording whose rows or bars differ is replaced in \
            one step. Rows are kept if their messages no longer exist. The exit status is 3 if anything differed.

              feedrec rebuild ./tape --check
              feedrec rebuild ./tape/2026-01-05.feedrec --bars 5m
            """
    )

    @Argument(help: "A recording, or a directory of recordings.")
    var archive: String

    @Flag(help: "Only compare; change nothing.")
    var check = false

    @Option(help: "Lengths of bars to build in addition to the existing ones.")
    var bars: BarIntervalsArgument?

    @Flag(help: "Print JSON: an array with one object per recording.")
    var json = false

    func run() async throws {
        let stamp = UpkeepStamp(now: Clocks.wall(), programVersion: Program.version)
        let location = try ArchiveNotice.locate([archive])
        let rebuilder = Rebuilder(
            stamp,
            isCheck: check,
            barIntervals: bars?.intervals ?? [],
            zones: BrokerTimeZone.lookup,
            archive: location.files,
            progress: UpkeepProgress.reporter("rebuilding")
        )
        DraftNotice.clear([archive])
        var outcomes: [Rebuilder.Outcome] = []
        for file in location.files { outcomes.append(try rebuilder.run(file)) }
        StandardError.endProgress()
        var output = StandardOutput()
        if json {
            try output.writeLine("[" + outcomes.map(Self.json).joined(separator: ",\n ") + "]")
        } else {
            for line in outcomes.flatMap(lines) { try output.writeLine(visible: line) }
        }
        try output.flush()
        let count = outcomes.filter { !$0.isSame }.count
        guard count == 0 else {
            throw EndedEarly(
                status: ExitStatus.dataMissing,
                line: "\(Counted.text(count, "recording")) differed from the raw messages"
            )
        }
        try ArchiveNotice.endIfDataIsMissing(location)
    }

    private func lines(of outcome: Rebuilder.Outcome) -> [String] {
        let verdict = outcome.isSame ? "same" : check ? "differs" : "rebuilt"
        var lines = ["\(outcome.file): \(verdict); \(Counted.text(outcome.messages, "message")) read"]
        if outcome.damagedBlocks > 0 {
            lines.append("  \(Counted.text(outcome.damagedBlocks, "block")) cannot be read")
        }
        return lines
            + outcome.differences.map {
                "  \($0.table): \(Counted.text($0.made, "row")) made, \($0.removed) removed, \($0.changed) changed"
            }
    }

    private static func json(of outcome: Rebuilder.Outcome) -> String {
        var object = JSONObjectWriter()
        object.text("file", outcome.file)
        object.boolean("is_same", outcome.isSame)
        object.integer("messages", outcome.messages)
        object.integer("damaged_blocks", Int64(outcome.damagedBlocks))
        let differences = outcome.differences.map { difference in
            var object = JSONObjectWriter()
            object.text("table", difference.table)
            object.integer("made", difference.made)
            object.integer("removed", difference.removed)
            object.integer("changed", difference.changed)
            return object.text()
        }
        object.raw("differences", "[" + differences.joined(separator: ",") + "]")
        return object.text()
    }
}
