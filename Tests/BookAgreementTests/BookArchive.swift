import Archive
import FeedrecTestKit
import Foundation
import Interchange
import MarketModel
import Recording
import Testing
import Venues

/// An archive of imported captures.
struct BookArchive {
    /// The folder with `captures/`; the captures are too large for the repository.
    static let shared = ProcessInfo.processInfo.environment["FEEDREC_SHARED"].map { $0 + "/data/captures/" }
    static let reason: Comment = "FEEDREC_SHARED does not name the data folder"

    let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    /// Imports messages of one connection, a millisecond apart.
    func importing(lines: [String], _ venue: Venue) async throws -> [ArchiveReader] {
        let texts = lines.enumerated().map { "\(Self.start + Int64($0.offset) * 1_000_000) \($0.element)\n" }
        return try await importing([try directory.write(texts.joined(), to: "messages.txt")], venue)
    }

    /// 2026-01-05T00:00:00Z.
    static let start: Int64 = 1_767_571_200_000_000_000

    /// Imports files of the venue's captures, which become one recording.
    func importing(_ paths: [String], _ venue: Venue, as name: String = "tape") async throws -> [ArchiveReader] {
        let importer = MessageImporter(
            configuration: MessageImporter.Configuration(
                venue: venue,
                format: nil,
                malformedLines: .fail,
                barIntervals: [],
                session: .testImport()
            ),
            report: { _ in }
        )
        let archive = directory.file(name)
        _ = try await importer.run(paths: paths) { day throws(ArchiveError) in
            try ArchiveWriter.open(directory: archive, day: day)
        }
        return try ArchiveLocation(archive).files.map { try ArchiveReader(path: $0) }
    }
}

/// A capture with order books.
struct BookCapture: CustomTestStringConvertible, Sendable {
    let folder: String
    let file: String

    var testDescription: String { "\(folder)/\(file)" }

    static let all = [
        BookCapture(folder: "binance-spot", file: "btcusdt-20240808-head1200.txt"),
        BookCapture(folder: "binance-usdm", file: "btcusdt-20240808-head800.txt"),
        BookCapture(folder: "bybit-v5", file: "spot-testnet-20260913.jsonl"),
        BookCapture(folder: "okx-v5", file: "multi3-20220513.cf.txt"),
        BookCapture(folder: "kraken-v2", file: "btcusd-book10-20260801.tsv"),
        BookCapture(folder: "deribit-v2", file: "options-20210722.cf.txt"),
    ]

    func read(_ archive: BookArchive) async throws -> [ArchiveReader] {
        let venue = try #require(Venue.called(folder))
        return try await archive.importing([(BookArchive.shared ?? "") + "\(folder)/\(file)"], venue)
    }
}
