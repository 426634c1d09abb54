import Foundation
import MarketModel
import Testing

/// `kill -9` at any moment loses no message that had been read: the real programs, as an operator runs them.
///
/// `FEEDREC_KILLS` sets the number of kills; `make soak` asks for 200. With `FEEDREC_KEEP` the test reports its
/// progress, and keeps the directory of a failed test.
@Suite(.serialized, .timeLimit(.minutes(60)))
struct KillTests {
    enum Kind: String, CaseIterable, Sendable, CustomTestStringConvertible {
        case mt4, binance, rotating
        var testDescription: String { rawValue }
    }

    private static let kills = ProcessInfo.processInfo.environment["FEEDREC_KILLS"].flatMap(Int.init) ?? 20
    private static let isWatched = ProcessInfo.processInfo.environment["FEEDREC_KEEP"] != nil
    private let bench: Workbench
    private let tape: String

    init() throws {
        bench = try Workbench()
        tape = bench.path("tape")
    }

    /// The number of kills of each kind with one feed: a tenth of all.
    private static let countOfKind = max(2, kills / 10)
    private static let countOfSeries = max(2, kills - countOfKind * Kind.allCases.count)
    /// How often the recorder of one archive is killed.
    private static let killsOfSeriesMax = 10

    @Test(
        "A1 several feeds of both venues, killed repeatedly between reloads, rotations and renewals, lose nothing",
        .enabled(if: Executable.find("python3") != nil, "needs python3")
    )
    func killSeveralFeeds() async throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var failure: (any Error)?
        for (number, first) in stride(from: 0, to: Self.countOfSeries, by: Self.killsOfSeriesMax).enumerated() {
            let bench = try Workbench()
            let kills = min(Self.killsOfSeriesMax, Self.countOfSeries - first)
            do { try await killSeries(kills, on: bench, seed: seed &+ UInt64(number)) } catch {
                Issue.record("several feeds: seed \(seed &+ UInt64(number))")
                // A person who watches the run wants to see every failure.
                guard Self.isWatched else { throw error }
                failure = error
                bench.keep()
                Self.tell("several feeds: failed, see \(bench.directory): \(error)")
            }
        }
        if let failure { throw failure }
    }

    private func killSeries(_ kills: Int, on bench: Workbench, seed: UInt64) async throws {
        var series = try await KillSeries(bench: bench, seed: seed)
        Self.tell("several feeds, seed \(seed), \(series.description), \(bench.directory)")
        while series.killCount < kills {
            try await series.round()
            Self.tell("several feeds: kill \(series.killCount) of \(kills), \(Self.kills) in all")
        }
        Self.tell("several feeds: \(try await series.judge())")
    }

    @Test(
        "kind 1 a recorder that is killed repeatedly has what it read: nothing lost, duplicated or reordered",
        arguments: Kind.allCases
    )
    func kill(kind: Kind) async throws {
        do { try await killAgainAndAgain(kind) } catch {
            if Self.isWatched {
                bench.keep()
                Self.tell("\(kind): failed, see \(bench.directory)")
            }
            throw error
        }
    }

    private static func tell(_ text: String) {
        guard isWatched else { return }
        FileHandle.standardError.write(Data("\(text)\n".utf8))
    }

    private func killAgainAndAgain(_ kind: Kind) async throws {
        let ledger = bench.path("ledger.ndjson")
        let venue = kind == .binance ? "binance-spot" : "mt4"
        let (venueProgram, url) = try await bench.serve(
            ["simulate", "--venue", venue, "--rate", "5000", "--ledger", ledger]
        )
        var arguments = MT4.record(url, into: tape)
        if kind == .binance {
            arguments = ["record", "--venue", venue, "--url", url, "--archive", tape]
            arguments += ["--stream", "btcusdt@trade", "--stream", "btcusdt@bookTicker"]
        }
        // A simulator's clock restarts with each connection.
        arguments += ["--bars", "1m"]
        if kind == .rotating { arguments += ["--rotate-every", "1s"] }
        let seed = UInt64.random(in: 0...UInt64.max)
        var generator = SplitMix64(seed: seed)
        Self.tell("\(kind): seed \(seed), \(bench.directory)")
        for number in 1...Self.countOfKind {
            let recorder = try bench.start(arguments)
            try await recorder.wait(for: "the subscription") { recorder.errors.contains("subscribed, recording") }
            if kind == .rotating, number == 1 {
                try await recorder.wait(for: "a second file") { try recordings().count > 1 }
            }
            try await Task.sleep(for: .milliseconds(Int.random(in: 0...900, using: &generator)))
            recorder.kill()
            Self.tell("\(kind): kill \(number) of \(Self.countOfKind), \(Self.kills) in all")
        }
        venueProgram.terminate()
        _ = try await venueProgram.finish()
        let folded = try await bench.run(["info", tape])
        try #require(folded.status == 0 && folded.errors.contains("a recorder was killed"), "\(folded.errors)")
        _ = try await bench.verify(tape)
        let connections = try await expectPrefixes(of: ledger, seed: seed, kind)
        try await expectGaps((connections - 1)...(Self.countOfKind - 1), kind)
    }

    /// Every connection got the same tape from its start, so the recording must be prefixes of it, one after another.
    private func expectPrefixes(of ledger: String, seed: UInt64, _ kind: Kind) async throws -> Int {
        var sent: [Int: [String]] = [:]
        for line in try String(contentsOfFile: ledger, encoding: .utf8).split(separator: "\n") {
            let message = try JSONDecoder().decode(ExportedLine.self, from: Data(line.utf8))
            guard let payload = message.payload, kind == .binance || MT4.isData(payload) else { continue }
            sent[message.connection ?? 0, default: []].append(payload)
        }
        let longest = try #require(sent.values.max { $0.count < $1.count })
        for tape in sent.values { try #require(tape == Array(longest.prefix(tape.count))) }
        let recorded = try await bench.export(tape).compactMap(\.payload)
            .filter { kind == .binance || MT4.isData($0) }
        var connections = 0
        var position = 0
        for (index, payload) in recorded.enumerated() {
            if connections == 0 || position >= longest.count || payload != longest[position] {
                try #require(payload == longest[0], "message \(index) belongs nowhere (seed \(seed))")
                connections += 1
                position = 0
            }
            position += 1
        }
        try #require(connections > 0 && connections <= Self.countOfKind, "seed \(seed)")
        try #require(recorded.count <= sent.values.reduce(0) { $0 + $1.count })
        return connections
    }

    private func recordings() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: tape).filter { $0.hasSuffix(".feedrec") }.sorted()
    }

    /// Every kill left a gap, except for kills before any data, and all but the last gap are closed.
    private func expectGaps(_ count: ClosedRange<Int>, _ kind: Kind) async throws {
        let files = try recordings()
        var causes: [String] = []
        for (index, file) in files.enumerated() {
            let path = tape + "/" + file
            causes += try await bench.query(path, "select cause, ts_to is null from gaps order by ts_from")
            guard kind == .rotating, index < files.count - 2 else { continue }
            let attributes = try FileManager.default.attributesOfItem(atPath: path)
            try #require(attributes[.posixPermissions] as? Int == 0o444)
            try #require(!FileManager.default.fileExists(atPath: path + "-wal"))
        }
        // A gap that continues in another file has a row in both.
        let closed = causes.count { $0 == "restart,0" }
        try #require(
            closed >= count.lowerBound && closed <= count.upperBound * (kind == .rotating ? 2 : 1),
            "\(causes)"
        )
        try #require(causes.count { $0.hasSuffix(",1") } == 1, "\(causes)")
        try #require(causes.allSatisfy { $0.hasPrefix("restart,") }, "\(causes)")
        if kind == .rotating { try #require(files.count > 1) }
    }
}
