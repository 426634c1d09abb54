import Archive
import Foundation
import JournalFormat
import MarketModel
import Synchronization
import Testing

/// Compacting recordings of any shape.
struct CompactionTests {
    private static let stamp = UpkeepStamp(now: time(), programVersion: "test")

    private static func compactor(
        level: Int = 3,
        blockBytes: Int = 1 << 20,
        progress: @escaping @Sendable (String, Double) -> Void = { _, _ in }
    ) -> ArchiveCompactor {
        ArchiveCompactor(ArchiveCompactor.Settings(level: level, blockBytes: blockBytes), stamp, progress: progress)
    }

    /// A finished recording of `connections` connections, whose messages interleave in blocks of a few messages.
    private static func recording(connections: Int64, messages: Int64, seed: UInt64) async throws -> (
        TemporaryDirectory, String
    ) {
        var random = SplitMix64(seed: seed)
        let directory = try TemporaryDirectory()
        let recording = try await OpenRecording(directory)
        for _ in 1..<connections {
            _ = try await recording.writer.openConnection(ConnectionOpened(feedID: 1, tsOpened: time()))
        }
        var pending: [Int64: [SampleMessage]] = [:]
        var batch = WriteBatch()
        var counts = SessionCounts()
        for index in 0..<messages {
            let isSent = random.oneIn(5)
            if isSent { counts.messagesSent += 1 } else { counts.messagesReceived += 1 }
            let text =
                "{\"number\":\(index),\"text\":\"\(String(repeating: "ab", count: Int(random.number(0...90))))\"}"
            let id = random.number(1...connections)
            pending[id, default: []].append(
                SampleMessage(index: index, offset: index * 10, payload: text, direction: isSent ? .sent : .received)
            )
            if random.oneIn(6) {
                batch.blocks.append(try block(connectionID: id, pending.removeValue(forKey: id) ?? []))
            }
        }
        for (id, messages) in pending { batch.blocks.append(try block(connectionID: id, messages)) }
        try await recording.writer.write(batch)
        try await recording.end(counts)
        return (directory, recording.writer.path)
    }

    private static func content(_ path: String) throws -> [String] {
        var cursor = try ArchiveReader(path: path).messages()
        var content: [String] = []
        while let run = try cursor.next() {
            for (number, place) in zip(run.messageNumbers, run.range) {
                let entry = run.block.batch.entries[place]
                let text = String(decoding: run.block.batch.payload(at: place), as: UTF8.self)
                content.append("\(number) \(run.connectionID) \(entry.tsRecv.rawValue) \(entry.direction) \(text)")
            }
        }
        return content
    }

    @Test(
        "a compacted recording has the same messages, whatever the block size and the number of connections",
        arguments: [1, 3, 100] as [Int64],
        [1, 500, 1 << 20]
    )
    func content(connections: Int64, blockBytes: Int) async throws {
        let (directory, path) = try await Self.recording(connections: connections, messages: 600, seed: 5)
        defer { withExtendedLifetime(directory) {} }
        let before = try Self.content(path)
        let blocks = try ArchiveReader(path: path).summary().blockCount
        let outcome = try Self.compactor(blockBytes: blockBytes).compact(path)
        #expect(outcome.blockCountBefore == blocks)
        #expect(try Self.content(path) == before)
        #expect(try ArchiveVerifier.verify(ArchiveLocation(path)).problems == [])
        if outcome.status == .compacted {
            #expect(outcome.fileBytesAfter < outcome.fileBytesBefore && outcome.savedBytes > 0)
            #expect(try ArchiveReader(path: path).summary().blockCount == outcome.blockCountAfter)
            #expect(try Self.compactor(blockBytes: blockBytes).compact(path).status == .unchanged)
        } else {
            #expect(outcome.status == .incompressible && outcome.fileBytesAfter == outcome.fileBytesBefore)
            #expect(outcome.blockCountAfter == blocks)
        }
    }

    @Test("progress grows from 0 to 1")
    func progress() async throws {
        let (directory, path) = try await Self.recording(connections: 2, messages: 300, seed: 1)
        defer { withExtendedLifetime(directory) {} }
        let shares = Mutex<[Double]>([])
        let compactor = Self.compactor { file, share in
            #expect(file == path)
            shares.withLock { $0.append(share) }
        }
        _ = try compactor.compact(path)
        let seen = shares.withLock { $0 }
        #expect(seen.allSatisfy { (0...1).contains($0) } && seen.last.map { $0 > 0.9 } == true)
    }

    @Test("a cancelled task leaves the recording unchanged and no draft")
    func cancelled() async throws {
        let (directory, path) = try await Self.recording(connections: 2, messages: 300, seed: 1)
        let before = try Data(contentsOf: URL(fileURLWithPath: path))
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            _ = try Self.compactor().compact(path)
        }
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
        let names = try FileManager.default.contentsOfDirectory(atPath: directory.path)
        #expect(!names.contains { $0.hasSuffix(".new") })
    }

    @Test("the rows of every table are kept")
    func rowsOfAllTables() async throws {
        let recording = try await FullRecording()
        func dump() async throws -> [String: [[SQLValue]]] {
            let session = try SQLSession(recordings: [recording.path])
            defer { session.close() }
            var tables: [String: [[SQLValue]]] = [:]
            for table in [
                "session", "feed", "connection", "instrument", "quote", "trade", "margin_update", "venue_bar",
                "order_update", "bar", "event", "gap", "closed_span", "clock_sample", "absence",
            ] { tables[table] = try await rows(of: "SELECT * FROM \(table)", in: session) }
            return tables
        }
        let before = try await dump()
        #expect(before.count == 15 && before.filter(\.value.isEmpty).keys.sorted() == ["absence"])
        _ = try Self.compactor(level: 19).compact(recording.path)
        #expect(try await dump() == before)
    }
}
