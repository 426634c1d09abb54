import Archive
import FeedrecTestKit
import Foundation
import Interchange
import MarketModel
import Testing
import Venues

@testable import Recording

/// Files without receive times, which get times of the venue.
@Suite(.timeLimit(.minutes(5)))
struct ImportTimesTests {
    private static let quote = SpotSample.bookTicker(id: 1)

    private static func trade(_ id: Int, after milliseconds: Int64) -> String {
        SpotSample.trade(id: id, time: ImportBench.start / 1_000_000 + milliseconds)
    }

    /// The receive times of all messages in milliseconds after the start.
    private func times(_ bench: ImportBench) async throws -> [Double] {
        try await bench.query("select ts_recv from messages order by message_index").compactMap {
            guard case .integer(let time) = $0 else { return nil }
            return Double(time - ImportBench.start) / 1_000_000
        }
    }

    private func receiveTimes(_ bench: ImportBench) async throws -> [SQLValue] {
        try await bench.query("select json_extract(configuration, '$.receive_times') from session")
    }

    @Test("a message of a jsonl file has the latest time of the venue so far")
    func jsonl() async throws {
        let bench = try ImportBench()
        let lines = [
            Self.quote, Self.quote, Self.trade(1, after: 50), Self.quote, Self.trade(2, after: 20),
            Self.trade(3, after: 80), Self.quote,
        ]
        let outcome = try await bench.run(lines.joined(separator: "\n") + "\n")
        #expect(outcome.receiveTimes == .venue && outcome.disorder.isEmpty)
        #expect(try await times(bench) == [50, 50, 50, 50, 50, 80, 80])
        #expect(try await receiveTimes(bench) == [.text("venue")])
        #expect(outcome.summary.file.hasSuffix("/2026-01-05.feedrec"))
        #expect(try bench.problems() == [])
        let again = try await bench.run(lines.joined(separator: "\n") + "\n")
        #expect(again.counts.new == 0 && again.counts.known == 7)
    }

    @Test("a message of a tsv file keeps its distance from the first one with a time of the venue")
    func tsv() async throws {
        let bench = try ImportBench()
        let lines = [
            "1000000\t\(Self.quote)", "3500000\t\(Self.trade(1, after: 50))", "4500000\t\(Self.trade(2, after: 20))",
            "4250000\t\(Self.quote)", "9000000\t\(Self.trade(3, after: 500))",
        ]
        let outcome = try await bench.run(lines.joined(separator: "\n") + "\n")
        #expect(outcome.receiveTimes == .monotonic && outcome.disorder.map(\.messages.count) == [1])
        #expect(try await times(bench) == [47.5, 50, 51, 50.75, 55.5])
        #expect(try await receiveTimes(bench) == [.text("monotonic")])
        #expect(try bench.problems() == [])
    }

    @Test("the times do not depend on how the file is divided into batches", arguments: [4095, 4096, 5000, 9000])
    func batches(count: Int) async throws {
        let bench = try ImportBench()
        let lines = (0..<count).map { Self.trade($0, after: Int64($0 * 7 % 1000)) }
        try await bench.run(lines.joined(separator: "\n") + "\n")
        var latest: Int64 = 0
        let expected = (0..<count).map { number in
            latest = max(latest, Int64(number * 7 % 1000))
            return Double(latest)
        }
        #expect(try await times(bench) == expected)
    }

    @Test("a configuration with members keeps them, and recorded times are marked too")
    func recorded() async throws {
        let bench = try ImportBench()
        let outcome = try await bench.run(ImportBench.trades(1...3))
        #expect(outcome.receiveTimes == .recorded)
        #expect(try await receiveTimes(bench) == [.text("recorded")])
        let start = SessionStart.testImport(configuration: #"{"venue":"x"}"#)
        #expect(start.with(.venue).configuration == #"{"venue":"x","receive_times":"venue"}"#)
    }

    @Test(
        "a file without any time of the venue is refused before anything is stored",
        arguments: [("", 3), ("", 5000), ("7\t", 3)]
    )
    func timeless(time: String, count: Int) async throws {
        for isForced in [false, true] {
            var bench = try ImportBench()
            bench.isForced = isForced
            let error = await failure { try await bench.run(String(repeating: "\(time)\(Self.quote)\n", count: count)) }
            #expect((error as? ImportError)?.code == .noReceiveTimes)
            #expect(throws: ArchiveError.self) { try ArchiveLocation(bench.archive) }
        }
    }

    @Test("a jsonl file of another venue is refused as such")
    func otherVenue() async throws {
        let bench = try ImportBench()
        let error = await failure { try await bench.run(#"{"type":"unheard-of"}"# + "\n") }
        #expect((error as? ImportError)?.code == .notUnderstood)
    }

    @Test("files with different kinds of receive times are not imported together")
    func mixed() async throws {
        let bench = try ImportBench()
        let files = [
            try bench.directory.write(ImportBench.trades(1...3), to: "a.txt"),
            try bench.directory.write(Self.trade(9, after: 5000) + "\n", to: "b.jsonl"),
        ]
        let error = await failure { try await bench.run(files) }
        #expect((error as? ImportError)?.code == .mixedReceiveTimes)
        #expect(throws: ArchiveError.self) { try ArchiveLocation(bench.archive) }
    }

    private func failure(_ body: () async throws -> Void) async -> (any Error)? {
        do {
            try await body()
            return nil
        } catch {
            return error
        }
    }
}
