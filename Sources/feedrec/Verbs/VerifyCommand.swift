import Archive
import ArgumentParser
import MarketModel

struct VerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Check every block, checksum and count of a recording; repair it.",
        discussion: """
            Exit status: 0 if all is sound, 1 if there are problems, 3 if --repair lost data or the coverage is below \
            the required fraction.

            payload_sha256 is the SHA-256 over all payloads received over WebSocket in stored order, each followed by a \
            line feed. \
            Two recordings of the same messages have the same digest.

            Coverage is the part of the session time in which no gap affects the instrument. The map has one character \
            for each hour of the day: # recorded, 0-9 tenths of it recorded, - nothing to record. For several \
            recordings, -v shows the map. For an order book, 'valid' is the share of its time in which it was right.

            A file in the directory is a problem if it is named like a recording but is not one, is damaged, or is an \
            incomplete copy. A complete copy is listed, and verified once.

            --repair keeps every complete block and row in a new file, lists what is lost in 'absence' and 'gap', and \
            keeps the damaged file as NAME.damaged.

              feedrec verify ./tape
              feedrec verify ./tape --require-coverage 0.999
              feedrec verify ./tape/2026-01-05.feedrec --repair
            """
    )

    @Argument(help: "A recording, or a directory of recordings.")
    var archive: String

    @Flag(help: "Repair recordings that are damaged.")
    var repair = false

    @Option(help: "The minimum coverage of every instrument, 0 to 1.")
    var requireCoverage: Double?

    @Flag(name: .shortAndLong, help: "Show coverage and absences of each recording, even if there are several.")
    var verbose = false

    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
        if let requireCoverage, !(0...1).contains(requireCoverage) {
            throw ValidationError("--require-coverage must be between 0 and 1, not \(requireCoverage)")
        }
    }

    func run() async throws {
        if repair { return try runRepair(ArchiveNotice.locate([archive], includingDamaged: true)) }
        try await JournalNotice.fold([archive])
        try runVerify(ArchiveLocation(archive, includingDamaged: true))
    }

    private func runVerify(_ location: ArchiveLocation) throws {
        let report = try ArchiveVerifier.verify(location)
        var output = StandardOutput()
        if json {
            try output.writeLine(VerifyText.json(of: report))
        } else {
            for line in VerifyText.lines(of: report, isVerbose: verbose) { try output.writeLine(visible: line) }
        }
        try output.flush()
        guard report.isSound else {
            let count = report.problemCount
            let isRepairable = report.recordings.contains { !$0.isSound }
            throw Failure(
                "'\(archive)' has \(Counted.text(count, "problem"))",
                hint: isRepairable ? "'feedrec verify --repair' keeps every complete block and row" : nil
            )
        }
        try checkCoverage(report.recordings)
    }

    private func runRepair(_ location: ArchiveLocation) throws {
        let stamp = UpkeepStamp(now: Clocks.wall(), programVersion: Program.version)
        DraftNotice.clear([archive])
        var repairs: [RepairOutcome] = []
        for file in location.files { repairs.append(try ArchiveRepairer.repair(file, stamp)) }
        var output = StandardOutput()
        if json {
            try output.writeLine(VerifyText.json(of: repairs))
        } else {
            for line in repairs.flatMap({ VerifyText.lines(of: $0) }) { try output.writeLine(visible: line) }
        }
        try output.flush()
        let problems = repairs.reduce(0) { $0 + $1.report.problemCount }
        guard problems == 0 else {
            throw Failure("'\(archive)' has \(Counted.text(problems, "problem")) that --repair cannot fix")
        }
        let repaired = repairs.filter(\.isRepaired)
        guard repaired.isEmpty else {
            let lost = repaired.reduce(0) { $0 + $1.lostMessageCount }
            throw EndedEarly(
                status: ExitStatus.dataMissing,
                line: "repaired \(Counted.text(repaired.count, "recording")); "
                    + "\(Counted.text(lost, "message is", "messages are")) gone"
            )
        }
        try checkCoverage(repairs.map(\.report))
        try ArchiveNotice.endIfDataIsMissing(location)
    }

    private func checkCoverage(_ recordings: [RecordingReport]) throws {
        guard let requireCoverage else { return }
        for recording in recordings {
            for instrument in recording.coverage.instruments where instrument.fraction < requireCoverage {
                throw EndedEarly(
                    status: ExitStatus.dataMissing,
                    line: "'\(recording.file)' covers \(CoverageText.text(instrument.fraction)) of the time of "
                        + "\(instrument.symbol), less than \(requireCoverage)"
                )
            }
        }
    }
}
