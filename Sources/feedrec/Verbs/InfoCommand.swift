import Archive
import ArgumentParser
import JSONScanning
import MarketModel

struct InfoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "info",
        abstract: "Show what a recording contains.",
        discussion: """
            For several recordings, prints one line each and a total; -v prints everything.

            For an order book, 'valid' is the share of its time in which it was right: from a snapshot until a missing \
            message or the end of the connection. A resynchronisation is a new snapshot after that.

              feedrec info ./tape
              feedrec info ./tape -v
              feedrec info ./tape/2026-01-05.feedrec --json
            """
    )

    @Argument(help: "A recording, or a directory of recordings.")
    var archive: String

    @Flag(name: .shortAndLong, help: "Show all details of each recording, even if there are several.")
    var verbose = false

    @Flag(help: "Print JSON: an array with one object per recording.")
    var json = false

    func run() async throws {
        try await JournalNotice.fold([archive])
        let location = try ArchiveNotice.locate([archive])
        let isDetailed = verbose || location.files.count == 1
        var output = StandardOutput()
        var objects: [String] = []
        var total = RecordingTotal()
        for (index, file) in location.files.enumerated() {
            let facts = try RecordingFacts(reader: ArchiveReader(path: file))
            total.add(facts)
            if json {
                objects.append(facts.json)
            } else if isDetailed {
                if index > 0 { try output.writeLine("") }
                for line in facts.lines { try output.writeLine(visible: line) }
            } else {
                try output.writeLine(visible: facts.line)
            }
        }
        if json { try output.writeLine("[" + objects.joined(separator: ",\n ") + "]") }
        if !json, location.files.count > 1 { try output.writeLine((isDetailed ? "\n" : "") + total.line) }
        try output.flush()
        try ArchiveNotice.endIfDataIsMissing(location)
    }
}
