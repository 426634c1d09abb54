import Foundation
import MarketModel
import Testing

/// `kill -9` at any moment costs nothing that had been read; the real programs, as an operator runs them.
///
/// `FEEDREC_KILLS` sets how many kills there are; `make soak` asks for 200. With `FEEDREC_KEEP` it tells how far it is,
/// and what failed stays where it is.
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

    /// The share of the kills that a kind gets.
    private static func count(_ kind: Kind) -> Int {
        let index = Kind.allCases.firstIndex(of: kind) ?? 0
        return (kills + index) / Kind.allCases.count
    }

    @Test(
        "a recorder that is killed again and again has what it read: nothing lost, doubled or reordered",
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
        if kind == .rotating { arguments += ["--rotate-every", "1s"] }
        let seed = UInt64.random(in: 0...UInt64.max)
        var generator = SplitMix64(seed: seed)
        Self.tell("\(kind): seed \(seed), \(bench.directory)")
        for number in 1...Self.count(kind) {
            let recorder = try bench.start(arguments)
            try await recorder.wait(for: "the subscription") { recorder.errors.contains("subscribed, recording") }
            try await Task.sleep(for: .milliseconds(Int.random(in: 0...900, using: &generator)))
            recorder.kill()
            Self.tell("\(kind): kill \(number) of \(Self.count(kind)), \(Self.kills) in all")
        }
        venueProgram.terminate()
        _ = try await venueProgram.finish()
        let folded = try await bench.run(["info", tape])
        try #require(folded.status == 0 && folded.errors.contains("a recorder was killed"), "\(folded.errors)")
        _ = try await bench.verify(tape)
        let connections = try await expectPrefixes(of: ledger, seed: seed, kind)
        try await expectGaps((connections - 1)...(Self.count(kind) - 1), kind)
    }

    /// Every connection got the same tape from its start: what is recorded must be beginnings of it, end to end.
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
        try #require(connections > 0 && connections <= Self.count(kind), "seed \(seed)")
        try #require(recorded.count <= sent.values.reduce(0) { $0 + $1.count })
        return connections
    }

    /// Every kill left a gap, but for those before any data, and all but the last are closed.
    private func expectGaps(_ count: ClosedRange<Int>, _ kind: Kind) async throws {
        let files = try FileManager.default.contentsOfDirectory(atPath: tape).filter { $0.hasSuffix(".feedrec") }
            .sorted()
        var causes: [String] = []
        for (index, file) in files.enumerated() {
            let path = tape + "/" + file
            causes += try await bench.query(path, "select cause, ts_to is null from gaps order by ts_from")
            guard kind == .rotating, index < files.count - 2 else { continue }
            let attributes = try FileManager.default.attributesOfItem(atPath: path)
            try #require(attributes[.posixPermissions] as? Int == 0o444)
            try #require(!FileManager.default.fileExists(atPath: path + "-wal"))
        }
        // One that goes on in another file has a row in both.
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
