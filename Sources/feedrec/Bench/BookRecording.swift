import Archive
import Foundation
import Interchange
import MarketModel
import Recording
import Venues

/// A recording of a simulated venue's book messages.
struct BookRecording {
    let venue: Venue
    let files: [String]
    /// The symbol of one of its books.
    let symbol: String
    let messages: Int

    /// Enough messages to see whether a venue sends books with snapshots.
    private static let trialCount = 512

    /// Writes the messages to a file, and imports it; the file is removed again.
    static func make(in directory: String, _ venue: Venue?, count: Int, seed: UInt64) async throws -> BookRecording {
        let candidates = venue.map { [$0] } ?? Venue.all.filter { $0.definition.isSimulated }
        for candidate in candidates {
            guard let symbol = try bookSymbol(of: candidate, seed) else { continue }
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
            let text = directory + "/messages.txt"
            let written = try write(candidate, to: text, count: count, seed: seed)
            let files = try await importing(text, candidate, count: written, archive: directory + "/tape")
            try FileManager.default.removeItem(atPath: text)
            return BookRecording(venue: candidate, files: files, symbol: symbol, messages: written)
        }
        throw Failure("no such venue sends order books with snapshots")
    }

    /// The symbol of the first book with snapshots on its connection; `nil` if there is none.
    private static func bookSymbol(of venue: Venue, _ seed: UInt64) throws -> String? {
        let (values, path) = venue.bookOptions
        var trial = MessageBatch()
        try SimulatedConversation.forEachBatch(
            with: venue,
            values,
            path: path,
            count: trialCount,
            seed: seed
        ) { batch in
            for index in 0..<batch.count { trial.append(messageAt: index, of: batch) }
        }
        var reader = venue.makeReader()
        var (events, answers) = (MarketEvents(), MessageBatch())
        _ = reader.receive(trial, now: UnixNanoseconds(0), events: &events, outgoing: &answers)
        let named = Set(events.bookMessages.filter { $0.kind == .snapshot }.map(\.book))
        guard let book = named.min(by: { $0.value < $1.value }), reader.books[book].rule.start == .inBand else {
            return nil
        }
        return reader.symbols.text(of: reader.books[book].symbol)
    }

    /// Writes a line for each message, with times that never run backwards; returns how many there are.
    private static func write(_ venue: Venue, to path: String, count: Int, seed: UInt64) throws -> Int {
        let (values, place) = venue.bookOptions
        guard FileManager.default.createFile(atPath: path, contents: nil), let file = FileHandle(forWritingAtPath: path)
        else { throw Failure("cannot create '\(path)'") }
        defer { try? file.close() }
        var written = 0
        let progress = UpkeepProgress.reporter(of: "making messages of \(venue.name)")
        var last = SimulatedConversation.start
        try SimulatedConversation.forEachBatch(with: venue, values, path: place, count: count, seed: seed) { batch in
            var lines: [UInt8] = []
            for index in batch.entries.indices {
                last = max(last, batch.entries[index].tsRecv)
                lines += Array("\(last.rawValue) ".utf8)
                batch.withPayload(at: index) { lines += $0 }
                lines.append(UInt8(ascii: "\n"))
            }
            written += batch.count
            try file.write(contentsOf: Data(lines))
            progress(Double(written) / Double(count))
        }
        return written
    }

    private static func importing(
        _ path: String,
        _ venue: Venue,
        count: Int,
        archive: String
    ) async throws -> [String] {
        let progress = UpkeepProgress.reporter(of: "recording messages of \(venue.name)")
        let configuration = MessageImporter.Configuration(
            venue: venue,
            format: nil,
            malformedLines: .fail,
            barIntervals: [],
            session: SessionFacts.start(.import, configuration: "{}")
        )
        let importer = MessageImporter(
            configuration: configuration,
            report: { progress(Double($0.messagesReceived) / Double(count)) }
        )
        _ = try await importer.run(paths: [path]) { day throws(ArchiveError) in
            try ArchiveWriter.open(directory: archive, day: day)
        }
        return try ArchiveLocation(archive).files
    }
}

extension Venue {
    /// The options of the venue's first example, but with order books only, if the venue has them.
    fileprivate var bookOptions: (values: VenueOptionValues, path: String) {
        var (values, path) = exampleOptions
        for option in definition.options(for: .recording) where option.flag == "--channel" && values.isGiven(option) {
            values.set(option, ["book"])
        }
        return (values, path)
    }
}
