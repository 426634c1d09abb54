import Archive
import ArgumentParser

struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Ask a running recorder how it does.",
        discussion: """
              feedrec status ./tape
              feedrec status ./tape --json

            Exit status: 0 when everything that was asked for is recorded. 1 when no recorder is running. 3 when data is \
            missing (a feed is down or has an open gap, what was asked for never arrived, a file was lost) or nothing is \
            recorded (the disk is full or read-only, the recorder hangs).
            """
    )

    @Argument(help: "The directory that is being recorded into.")
    var archive: String

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        guard let answer = try StatusSocket.ask(archive: archive) else {
            throw Failure("no recorder is running on '\(archive)'")
        }
        guard let status = try? StatusDocument(json: answer) else {
            throw Failure("the recorder of '\(archive)' does not answer as this feedrec expects")
        }
        var output = StandardOutput()
        if json {
            try output.write(answer)
            try output.writeLine("")
        } else {
            for line in StatusReport(status: status).lines { try output.writeLine(visible: line) }
        }
        try output.flush()
        for finding in (try? ArchiveLocation(archive))?.findings ?? [] { ArchiveNotice.warn(of: finding) }
        guard status.isHealthy else { throw EndedEarly(status: ExitStatus.dataMissing) }
    }
}
