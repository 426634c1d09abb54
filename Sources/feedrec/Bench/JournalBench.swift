import Archive
import ArgumentParser
import Foundation
import JSONScanning
import JournalFormat
import MarketModel
import Venues

struct JournalBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "journal",
        abstract: "The cost of putting a message into the journal.",
        discussion: """
            One thread appends batches, as reads of a socket deliver them, and releases them, as commits do. Prints \
            the CPU time of the appending thread, and that of the whole process, which prepares segments at the same \
            time.

              feedrec bench journal --bytes 175 --batch 64
            """
    )

    @Option(help: "How many messages to append.")
    var messages = 10_000_000

    @Option(help: "Bytes of each message.")
    var bytes = 175

    @Option(help: "Messages per batch.")
    var batch = 64

    @Option(help: "Directory for the journal, which is removed again. (default: the temporary directory)")
    var directory: String?

    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
        guard messages > 0, bytes >= 0, bytes <= 1 << 20, batch > 0, batch <= 100_000 else {
            throw ValidationError("--messages and --batch must be positive, --bytes at most 1048576")
        }
    }

    func run() async throws {
        let base = directory ?? FileManager.default.temporaryDirectory.path
        let path = base + "/feedrec-bench-\(ProcessInfo.processInfo.processIdentifier)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let journal = try Journal(Journal.Configuration(directory: path))
        let place = JournalConnection(file: "bench.feedrec", feedID: 1, venue: BenchVenue.venue.name, bars: "")
        _ = journal.open(place, key: 1, at: Clocks.wall())
        let (thread, process) = try append(to: journal)
        try journal.close(isStored: true)
        var object = JSONObjectWriter()
        object.integer("messages", Int64(messages))
        object.raw("thread_ns_per_message", "\(thread)")
        object.raw("process_ns_per_message", "\(process)")
        var output = StandardOutput()
        try output.writeLine(
            json
                ? object.text()
                : "\(messages) messages of \(bytes) bytes, \(batch) per batch: \(thread) ns per message on the "
                    + "appending thread, \(process) ns over all threads"
        )
        try output.flush()
    }

    /// CPU nanoseconds per message: of this thread, and of the process.
    private func append(to journal: Journal) throws -> (thread: Double, process: Double) {
        var messages = MessageBatch()
        let payload = [UInt8](repeating: 0x61, count: bytes)
        for _ in 0..<batch { messages.append(payload, direction: .received, tsRecv: Clocks.wall()) }
        var position = JournalPosition()
        let (threadStart, processStart) = (Clocks.threadCPUSeconds(), Clocks.cpuSeconds())
        var sinceCommit = 0
        while position.received < UInt64(self.messages) {
            guard journal.append(messages, connectionKey: 1, position: &position) == batch else {
                throw Failure("the journal accepts no more messages: \(journal.condition)")
            }
            sinceCommit += batch
            if sinceCommit >= 10_000 {
                sinceCommit = 0
                journal.stored(1, through: position)
            }
        }
        let count = Double(position.received)
        func perMessage(_ seconds: Double) -> Double { (seconds / count * 1e10).rounded() / 10 }
        return (
            perMessage(Clocks.threadCPUSeconds() - threadStart), perMessage(Clocks.cpuSeconds() - processStart)
        )
    }
}
