import Archive
import FeedrecTestKit
import Interchange
import MarketModel
import Testing
import Venues

@testable import Recording

/// Messages that the archive already has.
@Suite(.timeLimit(.minutes(5)))
struct ImportAgainTests {
    @Test("A6 the second import of a file stores nothing and leaves nothing")
    func twice() async throws {
        let bench = try ImportBench()
        let text = ImportBench.trades(1...50)
        let first = try await bench.run(text)
        #expect(first.counts.new == 50 && first.counts.known == 0)
        let second = try await bench.run(text)
        #expect(second.counts.new == 0 && second.counts.known == 50)
        #expect(second.summary.totals.trades == 0)
        #expect(try await bench.count("trade") == .integer(50))
        #expect(try await bench.count("session") == .integer(1), "an import without new messages stores no session")
        #expect(try bench.problems() == [])
    }

    @Test("A6 overlapping files give each tick once, in either order and in one import or two", arguments: [0, 1, 2])
    func overlap(order: Int) async throws {
        let bench = try ImportBench()
        let head = try bench.directory.write(ImportBench.trades(1...80), to: "head.txt")
        let tail = try bench.directory.write(ImportBench.trades(70...120), to: "tail.txt")
        switch order {
        case 0: for file in [head, tail] { try await bench.run([file]) }
        case 1: for file in [tail, head] { try await bench.run([file]) }
        default:
            let outcome = try await bench.run([head, tail])
            #expect(outcome.counts.new == 120 && outcome.counts.known == 11)
        }
        let numbers = try await bench.query("SELECT trade_id FROM trade ORDER BY trade_id")
        #expect(numbers == (1...120).map { .integer($0) })
        #expect(try await bench.query("SELECT sum(tick_count) FROM bar WHERE side = 2") == [.integer(120)])
        #expect(try await bench.count("gap") == .integer(0))
        #expect(try bench.problems() == [])
    }

    @Test("A6 equal messages of one file are kept, and recognised in the next import")
    func equalMessages() async throws {
        let bench = try ImportBench()
        let line = ImportBench.trades([1])
        let first = try await bench.run(line + line + line)
        #expect(first.counts.new == 3)
        let second = try await bench.run(line + line + line)
        #expect(second.counts.known == 3 && second.counts.new == 0)
        let third = try await bench.run(String(repeating: line, count: 5))
        #expect(third.counts.known == 3 && third.counts.new == 2)
        #expect(try await bench.count("trade") == .integer(5))
    }

    @Test("A6 the same messages in ns and cf form are recognised, within the microsecond of cf files")
    func otherForm() async throws {
        for isNsFirst in [true, false] {
            let bench = try ImportBench()
            let ns = ImportBench.trades(1...20)
            let cf = ns.split(separator: "\n").map { line in
                let (time, payload) = (line.prefix(19), line.dropFirst(20))
                return "\(time.prefix(10)).\(time.dropFirst(10).prefix(6)): \(payload)\n"
            }.joined()
            for text in isNsFirst ? [ns, cf] : [cf, ns] { try await bench.run(text) }
            #expect(try await bench.count("trade") == .integer(20))
        }
    }

    @Test("kind 4 messages within a microsecond of each other are distinguished by exact times")
    func withinMicrosecond() async throws {
        let bench = try ImportBench()
        let lines = (0..<30 as Range<Int64>).map { "\(ImportBench.start + $0 * 7 + 1) {\"e\":\"x\"}\n" }
        try await bench.run(lines[0..<20].joined())
        let outcome = try await bench.run(lines[10..<30].joined())
        #expect(outcome.counts.new == 10 && outcome.counts.known == 10)
        let (count, times) = ("count(*)", "count(DISTINCT ts_recv)")
        #expect(try await bench.query("SELECT \(count), \(times) FROM messages") == [.integer(30), .integer(30)])
    }

    @Test("kind 4 a stray time in a file does not prevent its other messages from being recognised")
    func strayTime() async throws {
        let bench = try ImportBench()
        let text = ImportBench.trades(1...30) + "1500000000000000001 {\"e\":\"x\"}\n" + ImportBench.trades(31...60)
        try await bench.run(text)
        let again = try await bench.run(text)
        #expect(again.counts.known == 61 && again.counts.new == 0)
        #expect(again.disorder.map(\.messages.count) == [1])
    }

    @Test("kind 4 a killed import is ended and completed by the next one")
    func killed() async throws {
        let bench = try ImportBench()
        try await bench.run(ImportBench.trades(1...30))
        // The state after a kill: no ends, no counts, an open gap.
        let file = try #require(try ArchiveLocation(bench.archive).files.first)
        try await Self.forgetEnds(of: file)
        let outcome = try await bench.run(ImportBench.trades(1...60))
        #expect(outcome.counts.known == 30 && outcome.counts.new == 30)
        let sessions = try ArchiveReader(path: file).sessions()
        #expect(sessions.map(\.endCause) == ["killed", "end_of_file"])
        #expect(sessions.map { $0.counts?.tradeCount } == [30, 30])
        #expect(try await bench.count("gap") == .integer(0))
        #expect(try bench.problems() == [])
    }

    /// The writer, and with it the archive's lock, is released when this returns.
    private static func forgetEnds(of file: String) async throws {
        let writer = try ArchiveWriter.open(file: file)
        try await writer.forgetEnds()
        await writer.close()
    }

    @Test("kind 4 messages that a recorder stored are recognised too, but only of the same venue")
    func recorded() async throws {
        var bench = try ImportBench()
        bench.isForced = true
        try await bench.run(ImportBench.trades(1...10))
        bench.venue = .mt4
        #expect(try await bench.run(ImportBench.trades(1...10)).counts.new == 10)
    }
}

extension ArchiveWriter {
    /// Removes the ends of all sessions and connections, as if the program had been killed.
    fileprivate func forgetEnds() async throws {
        for session in try ArchiveReader(path: path).sessions() { try await reopenSession(session.sessionID) }
    }
}
