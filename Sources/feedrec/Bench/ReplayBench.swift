import Archive
import ArgumentParser
import FeedrecReplay
import Foundation
import JSONScanning
import MarketModel
import NIOCore
import Replaying
import Synchronization
import Telemetry
import Transport
import Venues

struct ReplayBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "The cost of a replay: venue payloads, JSON, the library, and how late messages leave.",
        discussion: """
            Rates are those of one client in a separate process. CPU seconds are those of the server, including \
            reading and decompressing. Lateness is the time from the deadline of a message to the moment when its \
            frame is ready for the kernel. The write comes after that: the channel, TLS, and write(2).

              feedrec bench replay
              feedrec bench replay --seconds 60
            """
    )

    @Option(help: "Messages on the tape for the full-speed measurements.")
    var messages: Int64 = 2_000_000

    @Option(help: "How long each paced measurement lasts.")
    var seconds = 10

    @Option(help: "Messages per second at speed 1.")
    var rate = 2000

    @Option(help: "An archive to measure at full speed, instead of a simulated one.")
    var archive: String?

    @Flag(help: "Measure at full speed only.")
    var unpaced = false

    @Flag(help: "Measure at the paced speeds only.")
    var paced = false

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent(
            "feedrec-replay-bench-\(ProcessInfo.processInfo.processIdentifier)"
        )
        defer { try? FileManager.default.removeItem(at: directory) }
        var results = BenchResults()
        if !paced {
            if let archive {
                try await measureFullSpeed(archive, &results)
            } else {
                try await measureFullSpeed(try await record(into: directory.path + "/tape"), &results)
            }
        }
        if !unpaced {
            for (name, factor, isPrecise) in [
                ("1x", 1, false), ("10x", 10, false), ("100x", 100, false), ("1x precise", 1, true),
            ] {
                let path = directory.path + "/pace\(factor)"
                if !isPrecise { try await PacedArchive.write(path, rate: rate, count: rate * seconds * factor) }
                try await measurePace(path, name, factor: factor, isPrecise: isPrecise, &results)
            }
        }
        try results.print(asJSON: json)
    }

    private func record(into directory: String) async throws -> String {
        let bench = try IngestBench.parse(["--messages", String(messages)])
        let sender = try PeerProcess([
            "simulate", "--venue", BenchVenue.venue.name, "--listen", "127.0.0.1:0", "--rate", "max", "--count",
            String(messages),
        ])
        defer { sender.stop() }
        _ = try await bench.record(from: sender.url, into: directory)
        return directory
    }

    // MARK: Full speed

    private func measureFullSpeed(_ path: String, _ results: inout BenchResults) async throws {
        let streams = try symbols(of: path).flatMap { ["\($0.lowercased())@bookTicker", "\($0.lowercased())@trade"] }
        let venue = try await serve(path, "/stream?streams=" + streams.joined(separator: "/"), speed: .max)
        results.add("venue_per_second", "venue messages per second", venue.rate)
        results.add("venue_cpu_per_million", "CPU seconds per million of them", venue.cpuPerMillion)
        let events = try await serve(path, "/replay", speed: .max)
        results.add("json_per_second", "events per second as JSON", events.rate)
        results.add("json_cpu_per_million", "CPU seconds per million of them", events.cpuPerMillion)
        let direct = try await readDirectly(path)
        results.add("library_per_second", "events per second through the library", direct.rate)
        results.add("library_cpu_per_million", "CPU seconds per million of them", direct.cpuPerMillion)
    }

    private func symbols(of path: String) throws -> [String] {
        var symbols: Set<String> = []
        for file in try ArchiveLocation(path).files {
            symbols.formUnion(try ArchiveReader(path: file).instruments().map(\.symbol))
        }
        return symbols.sorted()
    }

    private struct Measurement {
        let count: Int64
        let wallSeconds: Double
        let cpuSeconds: Double
        var lateness = DurationHistogram()
        var writes = DurationHistogram()

        var rate: Double { Double(count) / wallSeconds }
        var cpuPerMillion: Double { cpuSeconds / Double(count) * 1e6 }
    }

    private func readDirectly(_ path: String) async throws -> Measurement {
        let (cpuStart, start) = (Clocks.cpuSeconds(), Clocks.monotonic.now)
        let tape = try ReplayTape(paths: [path])
        var count: Int64 = 0
        var sum: Int64 = 0
        for try await batch in tape.batches() {
            count += Int64(batch.count)
            for event in batch {
                if case .quote(let quote) = event { sum &+= quote.bidPrice ?? 0 }
            }
        }
        guard sum != 0 else { throw Failure("'\(path)' has no quotes") }
        return Measurement(
            count: count,
            wallSeconds: (Clocks.monotonic.now - start) / .seconds(1),
            cpuSeconds: Clocks.cpuSeconds() - cpuStart
        )
    }

    /// Serves one client in another process until it has disconnected.
    private func serve(
        _ path: String,
        _ target: String,
        speed: PlaybackSpeed,
        isPrecise: Bool = false
    ) async throws -> Measurement {
        var readers: [ArchiveReader] = []
        for file in try ArchiveLocation(path).files { readers.append(try ArchiveReader(path: file)) }
        let catalog = try TapeCatalog(readers)
        var options = ReplayOptions()
        options.defaults.speed = speed
        options.isPrecise = isPrecise
        // The URL names all streams, and the wait for more subscriptions must not be measured.
        options.settling = .zero
        let box = ReportBox()
        options.report = { box.put($0) }
        let fixed = options
        return try await ReadingThreads.with { threads in
            let server = try ReplayServer(catalog, options: fixed, pool: threads, timers: .eventLoops(Clocks.monotonic))
            return try await withEventLoop { group in
                let listening = try await WebSocketServer.start(
                    .init(),
                    group: group,
                    now: Clocks.wall,
                    handler: server
                )
                return try await withThrowingTaskGroup(of: Void.self) { tasks in
                    tasks.addTask { try await listening.run() }
                    let (cpuStart, start) = (Clocks.cpuSeconds(), Clocks.monotonic.now)
                    let count = try await Self.client(port: listening.localPort, target: target)
                    let wall = (Clocks.monotonic.now - start) / .seconds(1)
                    let cpu = Clocks.cpuSeconds() - cpuStart
                    await listening.shutdown()
                    try await tasks.waitForAll()
                    var result = Measurement(count: count, wallSeconds: wall, cpuSeconds: cpu)
                    if let report = box.take() {
                        guard report.messages <= count else {
                            throw Failure("\(report.messages) messages were sent and \(count) received")
                        }
                        result.lateness = report.lateness
                        result.writes = report.writes
                    }
                    return result
                }
            }
        }
    }

    /// Runs a client in a separate process and returns the number of messages it received.
    private static func client(port: Int, target: String) async throws -> Int64 {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = ["bench", "replay-peer", "--port", String(port), "--target", target]
        process.standardOutput = pipe
        let ended = AsyncStream<Void> { stream in
            process.terminationHandler = { _ in stream.finish() }
        }
        try process.run()
        for await _ in ended {}
        let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        guard process.terminationStatus == 0, let count = Int64(text.dropLast()) else {
            throw Failure("the client failed")
        }
        return count
    }

    // MARK: Paces

    private func measurePace(
        _ path: String,
        _ name: String,
        factor: Int,
        isPrecise: Bool,
        _ results: inout BenchResults
    ) async throws {
        let result = try await serve(
            path,
            "/stream?streams=" + PacedArchive.streams.joined(separator: "/"),
            speed: .factor(Double(factor)),
            isPrecise: isPrecise
        )
        let key = name.replacingOccurrences(of: " ", with: "_")
        for (quantile, value) in [
            ("p50", result.lateness.percentile(0.5)), ("p99", result.lateness.percentile(0.99)),
            ("max", result.lateness.max),
        ] {
            results.add("late_\(key)_\(quantile)_us", "us late at \(name), \(quantile)", Double(value) / 1000)
        }
        results.add(
            "write_\(key)_p50_us",
            "us per write at \(name), p50",
            Double(result.writes.percentile(0.5)) / 1000
        )
        results.add(
            "write_\(key)_p99_us",
            "us per write at \(name), p99",
            Double(result.writes.percentile(0.99)) / 1000
        )
        results.add("cpu_\(key)_per_million", "CPU seconds per million at \(name)", result.cpuPerMillion)
    }
}

/// Holds the report of a session as soon as it exists.
private final class ReportBox: Sendable {
    private let report = Mutex<SessionReport?>(nil)

    func put(_ value: SessionReport) { report.withLock { $0 = value } }
    func take() -> SessionReport? { report.withLock { $0 } }
}

/// Named results, for people and for scripts.
struct BenchResults {
    private var rows: [(name: String, text: String, value: Double)] = []

    mutating func add(_ name: String, _ text: String, _ value: Double) {
        rows.append((name, text, value))
    }

    func print(asJSON: Bool) throws {
        var output = StandardOutput()
        if asJSON {
            var object = JSONObjectWriter()
            for row in rows { object.raw(row.name, Self.text(of: row.value)) }
            try output.writeLine(object.text())
        } else {
            for row in rows {
                let value = Self.text(of: row.value)
                try output.writeLine(String(repeating: " ", count: max(0, 12 - value.count)) + value + "  " + row.text)
            }
        }
        try output.flush()
    }

    private static func text(of value: Double) -> String {
        value >= 1000 ? "\(Int(value))" : "\((value * 1000).rounded() / 1000)"
    }
}
