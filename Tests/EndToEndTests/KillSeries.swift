import Foundation
import MarketModel
import Testing

/// An archive into which a recorder that is killed repeatedly records three feeds.
///
/// The feeds `hub` and `spot` are always there. SIGHUP adds `third`, changes it and removes it. Its venue changes too.
struct KillSeries {
    /// The present state of the third feed.
    private enum Third: CaseIterable {
        case absent, trades, quotes, hub
    }

    /// A feed of its own simulator, which writes its own ledger.
    private struct Venue {
        let program: RunningProgram
        let url: String
        let ledger: String
    }

    /// Divides the rates of the venues, except for `make soak`, which loads the machine fully.
    private static let slowness = ProcessInfo.processInfo.environment["FEEDREC_KILLS"] == nil ? 3 : 1

    let bench: Workbench
    private let archive: String
    private var random: SplitMix64
    private var venues: [String: Venue] = [:]
    private var third = Third.absent
    /// How often a new file is started; `nil` for once a day.
    private let rotateEvery: String?
    /// The options that give the feed `spot` two connections at the same time.
    private let overlap: String?
    /// The number of kills so far.
    private(set) var killCount = 0
    /// The minimum number of messages that the archive must have by now.
    private var messagesMin = 0

    init(bench: Workbench, seed: UInt64) async throws {
        self.bench = bench
        archive = bench.path("tape")
        var random = SplitMix64(seed: seed)
        rotateEvery = [nil, "1s", "2s", "3s"].randomElement(using: &random) ?? nil
        overlap = [nil, "renew_after = \"1s\"", "redundancy = 2"].randomElement(using: &random) ?? nil
        self.random = random
        try await serve("hub", "mt4", rate: 1500)
        try await serve("spot", "binance-spot", rate: 2000)
        try await serve("third-hub", "mt4", rate: 400)
        try await serve("third-spot", "binance-spot", rate: 700)
    }

    /// The options of the recorder, for finding the cause of a failure.
    var description: String { "rotate_every \(rotateEvery ?? "-"), \(overlap ?? "one connection at a time")" }

    private mutating func serve(_ name: String, _ venue: String, rate: Int) async throws {
        let ledger = bench.path("\(name).ndjson")
        let (program, url) = try await bench.serve(
            ["simulate", "--venue", venue, "--rate", "\(rate / Self.slowness)", "--ledger", ledger]
        )
        venues[name] = Venue(program: program, url: url, ledger: ledger)
    }

    // MARK: Rounds

    /// Records for a moment, with reloads in between, and ends the recorder, usually by a kill.
    mutating func round() async throws {
        let file = try bench.write(configuration, to: "feedrec.toml")
        let recorder = try bench.start(["record", "--config", file])
        // Some recorders are killed before they have started.
        guard Int.random(in: 0..<8, using: &random) > 0 else {
            try await pause(upTo: 300)
            recorder.hangUp()
            try await pause(upTo: 300)
            return kill(recorder)
        }
        try await recorder.wait(for: "two subscriptions") {
            let errors = recorder.errors
            return ["hub", "spot"].allSatisfy { errors.contains("subscribed feed=\($0)") }
        }
        for _ in 0..<Int.random(in: 0...2, using: &random) {
            try await pause(upTo: 600)
            third = Third.allCases.randomElement(using: &random) ?? .absent
            try bench.write(configuration, to: "feedrec.toml")
            recorder.hangUp()
        }
        try await pause(upTo: 900)
        if Int.random(in: 0..<5, using: &random) == 0 { return try await stop(recorder) }
        if Bool.random(using: &random) { messagesMin += try await messagesRead() }
        kill(recorder)
        if Int.random(in: 0..<6, using: &random) == 0 { try await killRecovery() }
        if Bool.random(using: &random) { try await verify() }
    }

    private mutating func kill(_ recorder: RunningProgram) {
        recorder.kill()
        killCount += 1
    }

    private mutating func pause(upTo milliseconds: Int) async throws {
        try await Task.sleep(for: .milliseconds(Int.random(in: 0...milliseconds, using: &random)))
    }

    /// The number of messages that a recorder reports as read.
    ///
    /// They must survive the kill that follows.
    private func messagesRead() async throws -> Int {
        struct Status: Decodable {
            struct Feed: Decodable { var messages_received: Int }
            var feeds: [Feed]
        }
        let finished = try await bench.run(["status", archive, "--json"])
        let status = try? JSONDecoder().decode(Status.self, from: Data(finished.output.utf8))
        return status?.feeds.reduce(0) { $0 + $1.messages_received } ?? 0
    }

    /// Ends a recorder cleanly.
    ///
    /// The archive must then have every message that it reports.
    private mutating func stop(_ recorder: RunningProgram) async throws {
        recorder.terminate()
        let finished = try await recorder.finish()
        try #require([0, 3].contains(finished.status), "\(finished.errors)")
        let ended = try #require(finished.errors.firstMatch(of: /messages_received=(\d+)/), "\(finished.errors)")
        messagesMin += try #require(Int(ended.1))
    }

    /// Kills a program that recovers what the recorder left.
    private mutating func killRecovery() async throws {
        let verifier = try bench.start(["verify", archive])
        try await pause(upTo: 150)
        verifier.kill()
    }

    // MARK: Checks

    /// Expects that `verify` finds no problem and that all messages reported as read are there.
    private mutating func verify() async throws {
        // A recorder that was killed at once has not even created the archive.
        guard FileManager.default.fileExists(atPath: archive) else { return }
        let finished = try await bench.run(["verify", archive, "--json"])
        try #require(finished.status == 0, "\(finished.output)\(finished.errors)")
        let verified = try JSONDecoder().decode(Verified.self, from: Data(finished.output.utf8))
        try #require(verified.isSound)
        try #require(verified.messagesReceived >= messagesMin, "messages that had been read are missing")
        messagesMin = verified.messagesReceived
    }

    /// Compares the archive with the ledgers; returns the counts.
    mutating func judge() async throws -> String {
        for venue in venues.values { venue.program.terminate() }
        for venue in venues.values { _ = try await venue.program.finish() }
        try await verify()
        func ledger(_ name: String) -> String { venues[name]?.ledger ?? "" }
        var arguments = [HubClient.script("kill_judge.py"), Executable.feedrec.path, archive]
        arguments += ["hub/mt4=\(ledger("hub"))", "spot/binance-spot=\(ledger("spot"))"]
        arguments += ["third/mt4=\(ledger("third-hub"))", "third/binance-spot=\(ledger("third-spot"))"]
        if overlap != nil { arguments += ["--overlapping", "spot/binance-spot"] }
        let judged = try await bench.start(#require(Executable.find("python3")), arguments).finish()
        try #require(judged.status == 0, "\(judged.output)\(judged.errors)")
        return judged.lines.last ?? ""
    }

    // MARK: The configuration

    /// The bars are long: a simulator's clock restarts with each connection, which would build short bars many times.
    private var configuration: String {
        var text = "archive = \"\(archive)\"\n"
        if let rotateEvery { text += "[files]\nrotate_every = \"\(rotateEvery)\"\n" }
        text += hub("hub", "hub", "symbols = [\"EURUSD\", \"GBPUSD\"]\nmargin = true")
        text += spot("spot", "spot", ["btcusdt@trade", "btcusdt@bookTicker"]) + (overlap.map { "\($0)\n" } ?? "")
        switch third {
        case .absent: break
        case .trades: text += spot("third", "third-spot", ["ethusdt@trade"])
        case .quotes: text += spot("third", "third-spot", ["ethusdt@bookTicker"])
        case .hub: text += hub("third", "third-hub", "symbols = [\"XAUUSD\"]")
        }
        return text
    }

    private func hub(_ name: String, _ venue: String, _ subscription: String) -> String {
        """
        [[feed]]
        name = "\(name)"
        venue = "mt4"
        url = "\(venues[venue]?.url ?? "")\(MT4.path)"
        trade_platform = "\(MT4.platform)"
        \(subscription)
        bars = ["1m"]

        """
    }

    private func spot(_ name: String, _ venue: String, _ streams: [String]) -> String {
        """
        [[feed]]
        name = "\(name)"
        venue = "binance-spot"
        url = "\(venues[venue]?.url ?? "")"
        streams = [\(streams.map { "\"\($0)\"" }.joined(separator: ", "))]
        bars = ["1m"]

        """
    }
}
