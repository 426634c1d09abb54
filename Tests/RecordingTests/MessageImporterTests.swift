import Archive
import BarBuilding
import FeedrecTestKit
import Interchange
import MarketModel
import Testing
import Venues

@testable import Recording

/// Importing files of other recorders into an archive.
@Suite(.timeLimit(.minutes(5)))
struct MessageImporterTests {
    private struct Bench {
        let directory: TemporaryDirectory
        var malformedLines = MessageFileReader.MalformedLinePolicy.fail

        init() throws {
            directory = try TemporaryDirectory()
        }

        var archive: String { directory.file("archive") }

        func run(_ paths: [String]) async throws -> MessageImporter.Outcome {
            let importer = MessageImporter(
                configuration: MessageImporter.Configuration(
                    venue: .binanceSpot,
                    format: nil,
                    malformedLines: malformedLines,
                    barIntervals: [BarInterval(text: "1s")].compactMap { $0 },
                    session: .testImport()
                ),
                report: { _ in }
            )
            let archive = archive
            return try await importer.run(paths: paths) { day throws(ArchiveError) in
                try ArchiveWriter.open(directory: archive, day: day)
            }
        }

        func report() throws -> VerifyReport { try ArchiveVerifier.verify(ArchiveLocation(archive)) }

        func reader() throws -> ArchiveReader { try ArchiveReader(path: try ArchiveLocation(archive).files[0]) }
    }

    /// 2026-01-05T00:00:00Z.
    private static let start: Int64 = 1_767_571_200_000_000_000

    private static func nsLine(_ second: Int64, _ payload: String) -> String {
        "\(start + second * 1_000_000_000) \(payload)\n"
    }

    private static func cfLine(_ second: Int64, _ payload: String) -> String {
        "\(start / 1_000_000_000 + second).5: \(payload)\n"
    }

    private static func cfConnection(_ second: Int64) -> String {
        "wss://example.org/stream <-> \(start / 1_000_000_000 + second).25\n"
    }

    @Test("the receive times of the file are kept, and the recording is that of their day")
    func times() async throws {
        let bench = try Bench()
        let file = try bench.directory.write(
            (0..<3).map { Self.nsLine($0, SpotSample.trade(id: Int($0))) }.joined(),
            to: "a.txt"
        )
        let outcome = try await bench.run([file])
        #expect(outcome.summary.file.hasSuffix("/2026-01-05.feedrec"))
        #expect(outcome.summary.cause == .endOfFile)
        #expect(outcome.summary.totals.trades == 3 && outcome.malformedLines == 0)
        #expect(try bench.report().problems == [])
        let reader = try bench.reader()
        let session = try #require(try reader.sessions().first)
        #expect(session.start.tsStart == UnixNanoseconds(Self.start))
        #expect(session.tsEnd == UnixNanoseconds(Self.start + 2_000_000_000))
        #expect(session.endCause == "end_of_file")
        #expect(session.counts?.tradeCount == 3)
        #expect(try reader.feeds().map(\.name) == ["a.txt"])
        #expect(try reader.gaps() == [])
    }

    @Test("files of one import share a session and its instruments, and have a feed each")
    func twoFiles() async throws {
        let bench = try Bench()
        let files = try (0..<2).map { number in
            try bench.directory.write(
                (0..<5).map { Self.nsLine(Int64(number) * 10 + $0, SpotSample.trade(id: Int($0))) }.joined(),
                to: "\(number).txt"
            )
        }
        let outcome = try await bench.run(files)
        #expect(outcome.summary.totals.messagesReceived == 10)
        #expect(try bench.report().problems == [])
        let reader = try bench.reader()
        #expect(try reader.sessions().count == 1)
        #expect(try reader.feeds().map(\.name) == ["0.txt", "1.txt"])
        #expect(try reader.connections().compactMap(\.closed?.messagesReceived) == [5, 5])
        #expect(try reader.instruments().map(\.symbol) == ["BTCUSDT"])
        #expect(try reader.gaps() == [], "files of one import belong together")
    }

    @Test("a reconnect in the file leaves a gap")
    func connections() async throws {
        let bench = try Bench()
        let text =
            Self.cfConnection(0) + Self.cfLine(1, SpotSample.trade(id: 1))
            + Self.cfLine(2, SpotSample.trade(id: 2))
            + Self.cfConnection(10) + Self.cfLine(11, SpotSample.trade(id: 3))
        let outcome = try await bench.run([try bench.directory.write(text, to: "cf.txt")])
        #expect(outcome.summary.totals.gaps == 1)
        #expect(try bench.report().problems == [])
        let reader = try bench.reader()
        #expect(try reader.connections().compactMap(\.closed?.messagesReceived) == [2, 1])
        let gaps = try reader.gaps()
        #expect(gaps.map(\.tsFrom) == [UnixNanoseconds(Self.start + 2_500_000_000)])
        #expect(gaps.map(\.tsTo) == [UnixNanoseconds(Self.start + 10_250_000_000)])
        #expect(gaps.map(\.cause) == ["disconnect"])
    }

    @Test("a malformed line ends the import with its position; the lines before it are stored")
    func malformedFails() async throws {
        let bench = try Bench()
        let text =
            Self.nsLine(0, "{}") + Self.nsLine(1, SpotSample.trade(id: 1)) + "rubbish\n" + Self.nsLine(2, "{}")
        let file = try bench.directory.write(text, to: "bad.txt")
        let error = await failure { _ = try await bench.run([file]) }
        #expect((error as? ImportError)?.code == .malformedLine)
        #expect((error as? ImportError)?.place == .line(3))
        #expect(try bench.report().problems == [])
        let session = try #require(try bench.reader().sessions().first)
        #expect(session.endCause == "error")
        #expect(session.counts?.messagesReceived == 2 && session.counts?.tradeCount == 1)
    }

    @Test("with the policy to skip, malformed lines are counted and skipped")
    func malformedSkipped() async throws {
        var bench = try Bench()
        bench.malformedLines = .skip
        let text = Self.nsLine(0, "{}") + "rubbish\n\nmore\n" + Self.nsLine(2, SpotSample.trade(id: 1))
        let outcome = try await bench.run([try bench.directory.write(text, to: "bad.txt")])
        #expect(outcome.malformedLines == 2)
        #expect(outcome.summary.totals.messagesReceived == 2)
        #expect(try bench.report().problems == [])
    }

    @Test("an import without messages is an error and creates no archive", arguments: ["", "\n\n"])
    func nothing(text: String) async throws {
        let bench = try Bench()
        let file = try bench.directory.write(text, to: "empty.txt")
        let error = await failure { _ = try await bench.run([file]) }
        #expect("\(try #require(error))" == "there are no messages to import")
        #expect(throws: ArchiveError.self) { try ArchiveLocation(bench.archive) }
    }

    @Test("bars follow the times of the tape, and are complete except the last and those that begin too early")
    func bars() async throws {
        let bench = try Bench()
        let text = (0..<4).map { second in
            Self.nsLine(second, SpotSample.trade(id: Int(second), time: Self.start / 1_000_000 + second * 1000))
        }
        _ = try await bench.run([try bench.directory.write(text.joined(), to: "a.txt")])
        let session = try SQLSession(recordings: try ArchiveLocation(bench.archive).files)
        var complete: [SQLValue] = []
        try await session.run("SELECT is_complete FROM bar ORDER BY ts_open") { event in
            if case .row(let values) = event { complete += values }
        }
        session.close()
        #expect(complete == [1, 1, 1, 0].map { .integer($0) })
    }

    @Test("a failure to store ends the import with its error, and does not hang")
    func closedWriter() async throws {
        let bench = try Bench()
        let text = (0..<20_000).map { Self.nsLine($0, SpotSample.trade(id: Int($0))) }.joined()
        let file = try bench.directory.write(text, to: "a.txt")
        let archive = bench.archive
        let importer = MessageImporter(
            configuration: MessageImporter.Configuration(
                venue: .binanceSpot,
                format: nil,
                malformedLines: .fail,
                barIntervals: [],
                session: .testImport()
            ),
            report: { _ in }
        )
        let opened = EventLog<ArchiveWriter>()
        let error = await failure {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    _ = try await importer.run(paths: [file]) { day throws(ArchiveError) in
                        let writer = try ArchiveWriter.open(directory: archive, day: day)
                        opened.append(writer)
                        return writer
                    }
                }
                for writer in await opened.until(count: 1) { await writer.close() }
                try await group.waitForAll()
            }
        }
        #expect(error is ArchiveError)
    }
}
