import Archive
import ArgumentParser
import JSONScanning

struct VerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Check every block, checksum and count of a recording.",
        discussion: """
            Exit status 0 when all is sound, 1 when something is not.

            payload_sha256 is the SHA-256 over all received payloads in stored order, each followed by a line feed: two \
            recordings of the same messages have the same.

              feedrec verify ./tape
              feedrec verify ./tape --json
            """
    )

    @Argument(help: "A recording, or a directory of recordings.")
    var archive: String

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        try await JournalNotice.fold([archive])
        let report = try ArchiveVerifier.verify(ArchiveLocation(archive))
        var output = StandardOutput()
        if json {
            try output.writeLine(Self.json(of: report))
        } else {
            for recording in report.recordings { try Self.write(recording, to: &output) }
            try output.writeLine("payload_sha256 \(report.payloadSHA256)")
        }
        try output.flush()
        guard report.isSound else {
            let count = report.recordings.reduce(0) { $0 + $1.problemCount }
            throw Failure("'\(archive)' has \(count) problem\(count == 1 ? "" : "s")")
        }
    }

    private static func write(_ recording: RecordingReport, to output: inout StandardOutput) throws {
        for problem in recording.problems { try output.writeLine("problem: \(problem)") }
        let verdict = recording.isSound ? "sound" : "\(recording.problemCount) problems"
        try output.writeLine(
            "\(recording.file): \(verdict); \(recording.messagesReceived) messages received, "
                + "\(recording.messagesSent) sent, in \(recording.blockCount) blocks; \(recording.quoteCount) quotes, "
                + "\(recording.tradeCount) trades, \(recording.marginUpdateCount) margin updates, "
                + "\(recording.barCount) bars, \(recording.eventCount) events, \(recording.oddityCount) oddities, "
                + "\(recording.gapCount) gaps"
                + (recording.openSessionCount > 0 ? "; \(recording.openSessionCount) session(s) not ended" : "")
        )
    }

    private static func json(of report: VerifyReport) -> String {
        var object = JSONObjectWriter()
        object.boolean("is_sound", report.isSound)
        object.text("payload_sha256", report.payloadSHA256)
        object.integer("messages_received", report.messagesReceived)
        object.raw("recordings", "[" + report.recordings.map(json).joined(separator: ",") + "]")
        return object.text()
    }

    private static func json(of recording: RecordingReport) -> String {
        var object = JSONObjectWriter()
        object.text("file", recording.file)
        object.boolean("is_sound", recording.isSound)
        for (name, count) in [
            ("problem_count", Int64(recording.problemCount)), ("blocks", recording.blockCount),
            ("messages_received", recording.messagesReceived), ("messages_sent", recording.messagesSent),
            ("payload_bytes", recording.payloadBytes), ("quotes", recording.quoteCount),
            ("trades", recording.tradeCount), ("margin_updates", recording.marginUpdateCount),
            ("bars", recording.barCount), ("events", recording.eventCount), ("oddities", recording.oddityCount),
            ("gaps", recording.gapCount), ("open_sessions", Int64(recording.openSessionCount)),
        ] {
            object.integer(name, count)
        }
        object.text("payload_sha256", recording.payloadSHA256)
        object.raw("problems", "[" + recording.problems.map(json).joined(separator: ",") + "]")
        return object.text()
    }

    private static func json(of problem: VerifyProblem) -> String {
        var object = JSONObjectWriter()
        object.text("kind", problem.kind.rawValue)
        object.integer("connection_id", problem.connectionID)
        object.integer("first_message_index", problem.firstMessageIndex)
        object.text("reason", problem.reason)
        return object.text()
    }
}
