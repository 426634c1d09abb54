import Archive
import BarBuilding
import FeedrecTestKit
import Interchange
import MarketModel
import Testing
import Venues

@testable import Recording

/// An archive into which files are imported one after the other.
struct ImportBench {
    let directory: TemporaryDirectory
    var venue = Venue.binanceSpot
    var isForced = false
    var malformedLines = MessageFileReader.MalformedLinePolicy.fail

    /// 2026-01-05T00:00:00Z.
    static let start: Int64 = 1_767_571_200_000_000_000

    init() throws { directory = try TemporaryDirectory() }

    var archive: String { directory.file("archive") }

    @discardableResult
    func run(_ paths: [String]) async throws -> MessageImporter.Outcome {
        var configuration = MessageImporter.Configuration(
            venue: venue,
            format: nil,
            malformedLines: malformedLines,
            barIntervals: [BarInterval(text: "1s")].compactMap { $0 },
            session: .testImport()
        )
        configuration.archive = archive
        configuration.isForced = isForced
        let archive = archive
        return try await MessageImporter(configuration: configuration, report: { _ in }).run(paths: paths) {
            day throws(ArchiveError) in try ArchiveWriter.open(directory: archive, day: day)
        }
    }

    /// Imports `text` as one file.
    @discardableResult
    func run(_ text: String, as name: String = "a.txt") async throws -> MessageImporter.Outcome {
        try await run([try directory.write(text, to: name)])
    }

    /// All values that the SQL returns for the archive.
    func query(_ sql: String) async throws -> [SQLValue] {
        let session = try SQLSession(recordings: try ArchiveLocation(archive).files)
        defer { session.close() }
        var all: [SQLValue] = []
        try await session.run(sql) { event in if case .row(let values) = event { all += values } }
        return all
    }

    func count(_ table: String) async throws -> SQLValue? { try await query("SELECT count(*) FROM \(table)").first }

    func problems() throws -> [VerifyProblem] {
        try ArchiveVerifier.verify(ArchiveLocation(archive)).problems
    }

    /// `ns` lines of trades, one per millisecond, whose numbers equal their milliseconds.
    static func trades(_ numbers: some Sequence<Int>) -> String {
        numbers.map { number in
            let trade = SpotSample.trade(id: number, time: start / 1_000_000 + Int64(number))
            return "\(start + Int64(number) * 1_000_000 + 7) \(trade)\n"
        }.joined()
    }
}
