import Archive
import ArgumentParser
import JSONScanning
import MarketModel

struct InfoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "info",
        abstract: "Show what a recording holds.",
        discussion: """
              feedrec info ./tape
              feedrec info ./tape/2026-01-05.feedrec --json
            """
    )

    @Argument(help: "A recording, or a directory of recordings.")
    var archive: String

    @Flag(help: "Print JSON: an array with one object a recording.")
    var json = false

    func run() async throws {
        try await JournalNotice.fold([archive])
        var output = StandardOutput()
        let files = try ArchiveLocation(archive).files
        var objects: [String] = []
        for (index, file) in files.enumerated() {
            let facts = try RecordingFacts(reader: ArchiveReader(path: file))
            if json {
                objects.append(facts.json)
            } else {
                if index > 0 { try output.writeLine("") }
                for line in facts.lines { try output.writeLine(line) }
            }
        }
        if json { try output.writeLine("[" + objects.joined(separator: ",\n ") + "]") }
        try output.flush()
    }
}
