import Archive
import ArgumentParser
import BarBuilding
import Foundation
import JSONScanning
import MarketModel
import Recording
import Transport
import Venues

struct IngestBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ingest",
        abstract: "Messages per second through socket, blocks, quotes, bars and SQLite.",
        discussion: """
            A second process sends simulated messages over loopback as fast as they are read; this process \
            records them in full. CPU seconds are those of the recorder alone, over all its threads.

              feedrec bench ingest --messages 2000000
            """
    )

    @Option(help: "How many messages to record.")
    var messages: Int64 = 2_000_000

    @Option(help: "How many symbols to spread them over.")
    var symbols = 28

    @Flag(inversion: .prefixedNo, help: "Put every message into the journal first, as 'record' does.")
    var journal = true

    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
        guard messages > 0, symbols > 0, symbols <= 500 else {
            throw ValidationError("--messages must be positive, and --symbols between 1 and 500")
        }
    }

    func run() async throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent(
            "feedrec-bench-\(ProcessInfo.processInfo.processIdentifier)"
        )
        defer { try? FileManager.default.removeItem(at: directory) }
        // The target names the streams of all symbols, so the header limit must be high.
        let sender = try PeerProcess([
            "simulate", "--venue", BenchVenue.venue.name, "--listen", "127.0.0.1:0", "--rate", "max", "--count",
            String(messages), "--header-limit", "64KiB",
        ])
        defer { sender.stop() }
        let result = try await record(from: sender.url, into: directory.path)
        var output = StandardOutput()
        try output.writeLine(json ? result.json : result.text)
        try output.flush()
    }

    func record(from url: String, into directory: String) async throws -> IngestResult {
        var plan = FeedPlan(name: "bench", venue: BenchVenue.venue, url: url)
        plan.options = BenchVenue.options(symbols: symbols)
        let feed = plan
        return try await withEventLoop { group in
            try await record(try feed.configuration(environment: [:], pace: RESTPace(), group: group), into: directory)
        }
    }

    private func record(_ feed: FeedConfiguration, into directory: String) async throws -> IngestResult {
        let writer = try ArchiveWriter.open(directory: directory, day: Clocks.wall().utcDay)
        var policy = RecordingPolicy()
        policy.isOnce = true
        var recorder = Recorder(
            feeds: [feed],
            policy: policy,
            session: SessionFacts.start(.record, feed: feed),
            stop: StopControl(),
            clock: Clocks.monotonic,
            now: Clocks.wall,
            random: Clocks.random,
            report: { _ in }
        )
        if journal { recorder.journal = try Journal(Journal.Configuration(directory: directory)) }
        let (cpuStart, start) = (Clocks.cpuSeconds(), Clocks.monotonic.now)
        let outcome = try await recorder.run(into: writer)
        await writer.close()
        try recorder.journal?.close(isStored: true)
        let result = IngestResult(
            totals: outcome.totals,
            cpuSeconds: Clocks.cpuSeconds() - cpuStart,
            wallSeconds: (Clocks.monotonic.now - start) / .seconds(1),
            fileBytes: Self.bytes(of: outcome.file)
        )
        guard outcome.totals.messagesReceived == messages else {
            throw Failure("\(messages) messages were sent and \(outcome.totals.messagesReceived) recorded")
        }
        return result
    }

    private static func bytes(of path: String) -> Int64 {
        (try? FileManager.default.attributesOfItem(atPath: path)[.size] as? NSNumber)?.int64Value ?? 0
    }
}

/// The results of `bench ingest`.
struct IngestResult {
    let totals: CaptureTotals
    let cpuSeconds: Double
    let wallSeconds: Double
    let fileBytes: Int64

    private var millions: Double { Double(totals.messagesReceived) / 1e6 }
    private var messagesPerSecond: Int64 { Int64(Double(totals.messagesReceived) / wallSeconds) }
    private var cpuPerMillion: Double { (cpuSeconds / millions * 1000).rounded() / 1000 }
    private var bytesPerMessage: Double { (Double(fileBytes) / Double(totals.messagesReceived) * 10).rounded() / 10 }

    var text: String {
        """
        messages        \(totals.messagesReceived) (\(totals.quotes) quotes, \(totals.trades) trades, \(totals.bars) bars)
        rate            \(messagesPerSecond) messages/s
        CPU             \(cpuPerMillion) s per million messages (recorder, all threads)
        stored          \(bytesPerMessage) bytes a message, raw and rows
        """
    }

    var json: String {
        var object = JSONObjectWriter()
        object.integer("messages", totals.messagesReceived)
        object.integer("quotes", totals.quotes)
        object.integer("trades", totals.trades)
        object.integer("bars", totals.bars)
        object.integer("messages_per_second", messagesPerSecond)
        object.raw("cpu_seconds_per_million", "\(cpuPerMillion)")
        object.raw("stored_bytes_per_message", "\(bytesPerMessage)")
        return object.text()
    }
}
