import Archive
import ArgumentParser
import RecorderStatus

struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show the state of a running recorder.",
        discussion: """
              feedrec status ./tape
              feedrec status ./tape --json

            Exit status: 0 if everything that was asked for is being recorded. 1 if no recorder is running. 3 if data \
            is missing (a feed is down or has an open gap, something that was asked for never arrived, a file was \
            lost) or if nothing is being recorded (the disk is full or read-only, the recorder hangs).
            """
    )

    @Argument(help: "The directory of the recorder.")
    var archive: String

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        guard let answer = try StatusSocket.ask(archive: archive) else {
            throw Failure("no recorder is running on '\(archive)'")
        }
        guard let status = try? StatusDocument(json: answer) else {
            throw Failure("the recorder of '\(archive)' sent an answer that this feedrec does not understand")
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
