import Archive
import ArgumentParser
import Foundation
import JSONScanning
import MarketModel
import OrderBooks
import Replaying
import Venues

struct BookBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "book",
        abstract: "The time to show an order book, and the cost of keeping books.",
        discussion: """
            Records book messages of a simulated venue, and shows the book at random instants, as 'feedrec book' does: \
            each time it opens the archive, and reads the nearest stored state and the messages after it. Also prints \
            the CPU time per changed level of a full book, and the memory of many full books.

              feedrec bench book
              feedrec bench book --messages 10000000 --lookups 500
            """
    )

    @Option(help: "How many messages to record.")
    var messages = 1_000_000

    @Option(help: "How many instants to look at.")
    var lookups = 200

    @Option(help: "The simulated venue. (default: the first that sends books with snapshots)")
    var venue: Venue?

    @Option(help: "Levels of each side of a full book.")
    var levels = 5000

    @Option(help: "How many full books to keep in memory.")
    var books = 200

    @Option(help: "Seed of the simulation and of the instants.")
    var seed: UInt64 = 1

    @Option(help: "Directory for the archive, which is removed again. (default: the temporary directory)")
    var directory: String?

    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
        guard (1...100_000_000).contains(messages), (1...100_000).contains(lookups) else {
            throw ValidationError("--messages must be between 1 and 100000000, --lookups between 1 and 100000")
        }
        guard (1...100_000).contains(levels), (1...10_000).contains(books) else {
            throw ValidationError("--levels must be between 1 and 100000, --books between 1 and 10000")
        }
    }

    func run() async throws {
        // Memory that the recording frees would hide that of the books.
        let load = FullBooks(levels: levels, seed: seed)
        let bytes = load.bytes(ofBooks: books)
        let nanoseconds = load.nanosecondsPerLevel(Clocks.threadCPUSeconds)
        let base = directory ?? FileManager.default.temporaryDirectory.path
        let path = base + "/feedrec-bench-\(ProcessInfo.processInfo.processIdentifier)"
        defer {
            StandardError.endProgress()
            try? FileManager.default.removeItem(atPath: path)
        }
        let recording = try await BookRecording.make(in: path, venue, count: messages, seed: seed)
        let times = try BookLookups(recording: recording, seed: seed).run(lookups)
        StandardError.endProgress()
        var output = StandardOutput()
        let report = BookBenchReport(
            venue: recording.venue.name,
            messages: recording.messages,
            milliseconds: times,
            nanosecondsPerLevel: nanoseconds,
            books: books,
            bytes: bytes
        )
        for line in json ? [report.json] : report.lines { try output.writeLine(line) }
        try output.flush()
    }
}

/// What the bench found.
private struct BookBenchReport {
    let venue: String
    let messages: Int
    /// Sorted.
    let milliseconds: [Double]
    let nanosecondsPerLevel: Double
    let books: Int
    let bytes: Int64?

    private func percentile(_ percent: Int) -> Double {
        milliseconds[min(milliseconds.count - 1, milliseconds.count * percent / 100)]
    }

    var lines: [String] {
        let times = String(
            format: "p50 %.2f ms, p99 %.2f ms, max %.2f ms",
            percentile(50),
            percentile(99),
            milliseconds.last ?? 0
        )
        let memory = bytes.map { RecordingFacts.text(bytes: $0) } ?? "unknown"
        return [
            "\(RecordingFacts.grouped(Int64(messages))) messages of \(venue)",
            "a book at a random instant: \(times) (\(milliseconds.count) instants)",
            String(format: "a changed level of a full book: %.0f ns", nanosecondsPerLevel),
            "\(books) full books: \(memory)",
        ]
    }

    var json: String {
        func rounded(_ value: Double) -> String { "\((value * 1000).rounded() / 1000)" }
        var object = JSONObjectWriter()
        object.text("venue", venue)
        object.integer("messages", Int64(messages))
        object.integer("lookups", Int64(milliseconds.count))
        object.raw("lookup_ms_p50", rounded(percentile(50)))
        object.raw("lookup_ms_p99", rounded(percentile(99)))
        object.raw("lookup_ms_max", rounded(milliseconds.last ?? 0))
        object.raw("ns_per_level", rounded(nanosecondsPerLevel))
        object.integer("books", Int64(books))
        object.integer("books_bytes", bytes)
        return object.text()
    }
}
