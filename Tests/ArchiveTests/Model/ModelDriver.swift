import Archive
import FeedrecTestKit
import Foundation
import MarketModel
import Testing

/// Does the same to an archive and to models of its recordings, in random order.
final class ModelDriver {
    static let intervalNS: Int64 = 1000

    let directory: TemporaryDirectory
    var random: SplitMix64
    /// The recordings in the order of their days; the last one may be open.
    var models: [(path: String, model: RecordingModel)] = []
    var writer: ArchiveWriter?
    let fileSystem = FailingFileSystem([.commit], number: 1, isLasting: true)
    /// The steps so far, which every failure shows.
    private(set) var history: [String] = []
    /// The time of the next message, and the first id of its rows.
    var clock: Int64 = 0

    init(seed: UInt64) throws {
        directory = try TemporaryDirectory()
        random = SplitMix64(seed: seed)
        fileSystem.heal()
    }

    var comment: Comment { "\(history.joined(separator: ", "))" }
    var last: Int { models.count - 1 }
    var stamp: UpkeepStamp { UpkeepStamp(now: time(clock + 1), programVersion: "test") }

    /// One random step, and a comparison of the recording that it concerns.
    func step() async throws {
        if let writer {
            switch Int.random(in: 0..<100, using: &random) {
            case ..<45: try await note("write") { try await self.write(writer) }
            case ..<55: try await note("fail") { try await self.failToWrite(writer) }
            case ..<70: try await note("end") { try await self.end(writer, cause: "signal") }
            case ..<78: try await note("rotate") { try await self.rotate(writer) }
            default: try await note("kill") { try await self.kill() }
            }
            try models[last].model.check(models[last].path, comment)
            return
        }
        let place = models.indices.randomElement(using: &random)
        switch Int.random(in: 0..<100, using: &random) {
        case 40..<50: try await note("compact") { try self.compact(place) }
        case 50..<64: try await note("prune") { try self.prune(place) }
        case 64..<70: try await note("repair") { try self.repairSound(place) }
        case 70..<86: try await note("damage") { try await self.damage(place) }
        case 86...: try await note("seal") { try await self.seal(place) }
        default: try await note("open") { try await self.open() }
        }
        for (path, model) in models { try model.check(path, comment) }
    }

    private func note(_ name: String, _ body: () async throws -> Void) async throws {
        history.append(name)
        try await body()
    }

    /// Ends what is open, and lets `verify` and SQL judge the whole archive.
    func finish() async throws {
        if let writer { try await end(writer, cause: "signal") }
        // A killed session is only counted by the next recorder.
        if !models.isEmpty, !models[last].model.isSealed { try await open() }
        if let writer { try await end(writer, cause: "signal") }
        try await checkWhole()
    }

    /// Compares `verify` and SQL over all files with the models.
    func checkWhole() async throws {
        guard !models.isEmpty else { return }
        let location = try ArchiveLocation(directory.path)
        #expect(location.files == models.map(\.path) && location.findings == [], comment)
        let report = try ArchiveVerifier.verify(location)
        #expect(report.problems == [], comment)
        for (recording, (_, model)) in zip(report.recordings, models) {
            #expect(recording.messagesReceived + recording.messagesSent == Int64(model.messages.count), comment)
            #expect(recording.quoteCount == Int64(model.quotes.count), comment)
            #expect(
                recording.absences.filter { $0.kind == .message }.reduce(0) { $0 + $1.rowCount }
                    == model.absentMessages,
                comment
            )
        }
        let session = try SQLSession(recordings: location.files)
        defer { session.close() }
        for (table, count) in [
            ("quote", \RecordingModel.quotes.count), ("trades", \.trades.count), ("messages", \.messages.count),
            ("margin_update", \.marginUpdates.count), ("events", \.events.count), ("gaps", \.gaps.count),
        ] as [(String, KeyPath<RecordingModel, Int>)] {
            let expected = models.reduce(0) { $0 + $1.model[keyPath: count] }
            let found = try await rows(of: "SELECT count(*) FROM \(table)", in: session)
            #expect(found == [[.integer(Int64(expected))]], "\(table): \(comment)")
        }
        let order = models.count > 1 ? "file, message_index" : "message_index"
        let texts = try await rows(of: "SELECT payload FROM messages ORDER BY \(order)", in: session).map {
            text($0[0])
        }
        #expect(texts == models.flatMap { $0.model.sortedMessages.map(\.payload) }, comment)
    }
}
