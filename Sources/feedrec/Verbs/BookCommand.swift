import Archive
import ArgumentParser
import JSONScanning
import MarketModel
import OrderBooks
import Replaying
import Venues

struct BookCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "book",
        abstract: "Show an order book as it was at an instant.",
        discussion: """
            The book is rebuilt from the raw messages and checked by the venue's own rules. It is right or absent: from \
            a missing message until the next snapshot there is no book, and the program ends with status 3. A book \
            whose venue sends nothing to check it with is marked as unverifiable. Prices and sizes have the digits that \
            the venue sent.

              feedrec book ./tape --symbol BTCUSDT --at 2026-01-05T09:30:00Z --depth 20
              feedrec book ./tape --symbol BTCUSDT --format csv
            \(VenueHelp.examples(\.books))
            """
    )

    /// How to print a book.
    enum Format: String, ExpressibleByArgument, CaseIterable {
        case text, csv, json
    }

    @Argument(help: "A recording, or a directory of recordings.")
    var archive: String

    @Option(help: "The venue's symbol.")
    var symbol: String

    @Option(help: "The instant, by the time of receipt. (default: the end of the recording)")
    var at: TimeArgument?

    @Option(help: "Levels of each side, best first; 0 for all.")
    var depth = 10

    @Option(help: "The book of this channel, such as depth@100ms. (default: the one with the most levels)")
    var channel: String?

    @Option(help: "The venue, if several venues have the symbol.")
    var venue: String?

    @Option(help: "How to print: text, csv or json.")
    var format = Format.text

    @Flag(help: "The same as --format json.")
    var json = false

    func validate() throws {
        if depth < 0 { throw ValidationError("--depth must be 0 or more") }
    }

    func run() async throws {
        try await JournalNotice.fold([archive])
        let location = try ArchiveNotice.locate([archive])
        let search = try BookSearch(location.files.map { try ArchiveReader(path: $0) })
        let time = try at?.time ?? search.end() ?? UnixNanoseconds(0)
        let book = try find(search, at: time)
        var output = StandardOutput()
        let page = BookPage(book, at: time, depth: depth == 0 ? .max : depth)
        switch json ? .json : format {
        case .text: for line in page.lines { try output.writeLine(visible: line) }
        case .csv: for line in page.csv { try output.writeLine(line) }
        case .json: try output.writeLine(page.json)
        }
        try output.flush()
        try ArchiveNotice.endIfDataIsMissing(location)
    }

    /// The book with the most levels of those that are valid.
    private func find(_ search: BookSearch, at time: UnixNanoseconds) throws -> RecordedBook {
        let subjects: [BookSearch.Subject]
        do {
            subjects = try search.subjects(symbol: symbol, venue: venue, channel: channel)
        } catch let mistake as BookSearch.Mistake {
            throw Failure(mistake.description)
        }
        var best: RecordedBook?
        var absences: [String] = []
        for subject in subjects {
            do {
                let book = try search.book(subject, at: time)
                if best.map({ $0.levelCount < book.levelCount }) ?? true { best = book }
            } catch let absence as BookAbsence {
                let since = absence.lastValid.map { "; it was last valid at \($0.iso8601)" } ?? ""
                absences.append("\(subject.channel): \(absence.reason)\(since)")
            }
        }
        guard let best else {
            let reasons = absences.joined(separator: "; ")
            throw EndedEarly(
                status: ExitStatus.dataMissing,
                line: "there is no book of '\(symbol)' at \(time.iso8601): \(reasons)"
            )
        }
        return best
    }
}
