import Archive
import Foundation
import MarketModel
import Testing

struct ArchiveRepairerTests {
    private static let stamp = UpkeepStamp(now: time(), programVersion: "test")

    /// A recording of 200 blocks with 10 messages each, one quote per message, bars, and true counts.
    private static func recording(rounds: Int = 20) async throws -> (directory: TemporaryDirectory, path: String) {
        let directory = try TemporaryDirectory()
        let recording = try await OpenRecording(directory)
        var counts = SessionCounts()
        var generator = SplitMix64(seed: 1)
        for round in 0..<rounds {
            var batch = WriteBatch()
            if round == 0 { batch.instruments = [instrument(1, "A"), instrument(2, "B")] }
            for number in 0..<10 {
                let first = Int64(round * 10 + number) * 10
                let messages = (first..<first + 10).map { index in
                    let text = "m\(index) " + (0..<8).map { _ in String(generator.next(), radix: 16) }.joined()
                    return SampleMessage(index: index, offset: index * 1000, payload: text)
                }
                batch.blocks.append(try block(connectionID: 1, messages))
                batch.quotes += (first..<first + 10).map { quote(1 + $0 % 2, $0 * 1000, message: $0) }
            }
            try await recording.writer.write(batch)
        }
        counts.messagesReceived = Int64(rounds) * 100
        counts.quoteCount = counts.messagesReceived
        try await recording.end(counts)
        return (directory, recording.writer.path)
    }

    private static func damage(_ path: String, _ change: (inout Data) -> Void) throws {
        var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        change(&bytes)
        try bytes.write(to: URL(fileURLWithPath: path))
    }

    private static func change(_ path: String, _ sql: String) async throws {
        let session = try SQLSession(recordings: [path], isWritable: true)
        _ = try await rows(of: sql, in: session)
        session.close()
    }

    private static func firstIndexes(_ path: String) async throws -> Set<Int64> {
        let session = try SQLSession(recordings: [path])
        defer { session.close() }
        return try await Set(
            rows(of: "SELECT first_message_index FROM message_block", in: session).compactMap {
                if case .integer(let value) = $0[0] { value } else { nil }
            }
        )
    }

    @Test("a sound recording is left unchanged")
    func sound() async throws {
        let (directory, path) = try await Self.recording()
        let before = try Data(contentsOf: URL(fileURLWithPath: path))
        let outcome = try ArchiveRepairer.repair(path, Self.stamp)
        #expect(!outcome.isRepaired && outcome.report.isSound)
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: directory.path).filter { !$0.hasPrefix(".") }.count == 1
        )
    }

    @Test("flipped bytes in a block cost only the messages of that block")
    func flippedBlock() async throws {
        let (directory, path) = try await Self.recording()
        defer { withExtendedLifetime(directory) {} }
        try await Self.change(
            path,
            """
            UPDATE message_block SET block = CAST(substr(block, 1, 60) || x'00' || substr(block, 62) AS BLOB)
            WHERE first_message_index = 500
            """
        )
        let verified = try ArchiveVerifier.verify(ArchiveLocation(path))
        #expect(verified.problems.count == 1, "\(verified.problems)")
        #expect(verified.recordings[0].quoteCount == 2000 && verified.recordings[0].areRowsCounted)
        #expect(verified.recordings[0].damagedMessages == 10)
        let outcome = try ArchiveRepairer.repair(path, Self.stamp)
        #expect(outcome.isRepaired && outcome.report.problems == [])
        #expect(outcome.lostMessages == [500...509] && outcome.lostRows.isEmpty)
        #expect(outcome.report.messagesReceived == 1990 && outcome.report.quoteCount == 2000)
        let gap = try #require(try ArchiveReader(path: path).gaps().first)
        #expect(gap.cause == "damage" && gap.connectionID == 1 && gap.estimatedCount == 10)
        #expect(gap.tsFrom == time(499_000) && gap.tsTo == time(510_000))
        // The second repair has nothing to do.
        let again = try ArchiveRepairer.repair(path, Self.stamp)
        #expect(!again.isRepaired && again.report.isSound)
        #expect(FileManager.default.fileExists(atPath: path + ".damaged"))
    }

    @Test("losing any page costs only what is stored on that page")
    func everyPage() async throws {
        let (directory, path) = try await Self.recording(rounds: 6)
        defer { withExtendedLifetime(directory) {} }
        let whole = try Data(contentsOf: URL(fileURLWithPath: path))
        let all = try await Self.firstIndexes(path)
        let owners = try await Self.owners(path)
        var lostBlocks = 0
        for page in 0..<(whole.count / 4096) {
            try Self.damage(path) { bytes in
                bytes = whole
                for offset in 0..<4096 { bytes[page * 4096 + offset] = UInt8(truncatingIfNeeded: offset &* 31 &+ page) }
            }
            let outcome = try ArchiveRepairer.repair(path, Self.stamp)
            #expect(outcome.report.problems == [], "page \(page + 1)")
            let lost = try await all.subtracting(Self.firstIndexes(path))
            #expect(lost.isSubset(of: owners[page + 1] ?? []), "page \(page + 1): \(lost.count) blocks")
            #expect(outcome.lostMessageCount == Int64(lost.count) * 10)
            lostBlocks += lost.count
            try FileManager.default.removeItem(atPath: path + ".damaged")
        }
        #expect(lostBlocks > 0)
    }

    @Test("in a truncated file, the rest is missing and the start is kept", arguments: [0.99, 0.7, 0.5, 0.31, 0.05])
    func truncated(share: Double) async throws {
        let (directory, path) = try await Self.recording()
        defer { withExtendedLifetime(directory) {} }
        try Self.damage(path) { $0 = $0.prefix(Int(Double($0.count) * share)) }
        let outcome = try ArchiveRepairer.repair(path, Self.stamp)
        #expect(outcome.isRepaired && outcome.report.problems == [])
        #expect(outcome.report.messagesReceived + outcome.lostMessageCount == 2000)
        #expect(try ArchiveRepairer.repair(path, Self.stamp).isRepaired == false)
    }

    @Test("random damage never traps, is found or harmless, and a repaired file verifies", arguments: [1, 2, 3, 4])
    func random(seed: UInt64) async throws {
        var generator = SplitMix64(seed: seed)
        let (directory, path) = try await Self.recording()
        defer { withExtendedLifetime(directory) {} }
        let whole = try Data(contentsOf: URL(fileURLWithPath: path))
        for round in 0..<12 {
            try Self.damage(path) { bytes in
                bytes = whole
                if generator.next() % 4 == 0 { bytes = bytes.prefix(Int(generator.next() % UInt64(bytes.count))) }
                for _ in 0..<(1 + generator.next() % 40) where !bytes.isEmpty {
                    bytes[Int(generator.next() % UInt64(bytes.count))] ^= UInt8(1 + generator.next() % 255)
                }
            }
            do throws(ArchiveError) {
                let outcome = try ArchiveRepairer.repair(path, Self.stamp)
                #expect(outcome.report.problems == [], "seed \(seed), round \(round)")
                let stored = outcome.report.messagesReceived + outcome.report.messagesSent
                #expect(stored <= 2000, "seed \(seed), round \(round)")
                // How many messages are lost is known only from a row of their connection.
                let isNothingLeft = try ArchiveReader(path: path).connections().isEmpty
                #expect(
                    stored > 0 || outcome.lostMessageCount > 0 || isNothingLeft,
                    "seed \(seed), round \(round)"
                )
            } catch {
                // Nothing identifies the file any more.
                #expect(error.code == .notARecording, "seed \(seed), round \(round): \(error)")
            }
            try? FileManager.default.removeItem(atPath: path + ".damaged")
        }
    }

    @Test("committed pages of a write-ahead log belong to the recording, even to a damaged one")
    func writeAheadLog() async throws {
        let directory = try TemporaryDirectory()
        let recording = try await OpenRecording(directory)
        var batch = WriteBatch()
        batch.instruments = [instrument(1, "A")]
        batch.blocks = [try block(connectionID: 1, indexes: 0...99)]
        try await recording.writer.write(batch)
        let copy = try TemporaryDirectory()
        let path = copy.file("x.feedrec")
        for suffix in ["", "-wal"] {
            try FileManager.default.copyItem(atPath: recording.writer.path + suffix, toPath: path + suffix)
        }
        await recording.writer.close()
        // No page depends on this counter in the header, but a root page is gone.
        try Self.damage(path) { bytes in for offset in 100..<min(4096, bytes.count) { bytes[offset] = 0x55 } }
        let outcome = try ArchiveRepairer.repair(path, Self.stamp)
        #expect(outcome.report.problems == [])
        #expect(outcome.report.messagesReceived == 100)
        #expect(!FileManager.default.fileExists(atPath: path + "-wal"))
    }

    @Test("if a repair was killed after it had set the damaged file aside, the next one repeats it")
    func killed() async throws {
        let (directory, path) = try await Self.recording()
        defer { withExtendedLifetime(directory) {} }
        try Self.damage(path) { bytes in for offset in 20_000..<30_000 { bytes[offset] = 0 } }
        try FileManager.default.linkItem(atPath: path, toPath: path + ".damaged")
        let outcome = try ArchiveRepairer.repair(path, Self.stamp)
        #expect(outcome.isRepaired && outcome.report.problems == [])
        #expect(outcome.damagedFile?.hasSuffix(".feedrec.damaged") == true)
    }

    @Test("a recording that is being written is not repaired")
    func written() async throws {
        let directory = try TemporaryDirectory()
        let recording = try await OpenRecording(directory)
        let error = await archiveError { _ = try ArchiveRepairer.repair(recording.writer.path, Self.stamp) }
        #expect(error?.code == .busy)
        await recording.writer.close()
    }

    /// The blocks, by their first message, that lie on each page or have their row there.
    private static func owners(_ path: String) async throws -> [Int: Set<Int64>] {
        let session = try SQLSession(recordings: [path])
        defer { session.close() }
        let pages = try await rows(
            of: "SELECT pageno, path, pagetype FROM dbstat WHERE name = 'message_block'",
            in: session
        )
        let order = try await rows(of: "SELECT first_message_index FROM message_block ORDER BY rowid", in: session)
        // Paths sort like the cells: leaf by leaf, cell by cell, then the overflow pages of a cell.
        var owners: [Int: Set<Int64>] = [:]
        let counts = try await rows(
            of: "SELECT path, ncell FROM dbstat WHERE name = 'message_block' AND pagetype = 'leaf' ORDER BY path",
            in: session
        )
        var firstOfLeaf: [String: Int] = [:]
        var next = 0
        for row in counts {
            guard case .integer(let count) = row[1] else { continue }
            firstOfLeaf[text(row[0])] = next
            next += Int(count)
        }
        func block(_ position: Int) -> Int64 { if case .integer(let value) = order[position][0] { value } else { -1 } }
        for row in pages {
            guard case .integer(let page) = row[0] else { continue }
            let path = text(row[1])
            if text(row[2]) == "leaf", let first = firstOfLeaf[path] {
                let count = counts.first { text($0[0]) == path }.map {
                    if case .integer(let n) = $0[1] { Int(n) } else { 0 }
                }
                owners[Int(page)] = Set((first..<first + (count ?? 0)).map(block))
            } else if let plus = path.lastIndex(of: "+"), let slash = path.lastIndex(of: "/") {
                let cell = Int(path[path.index(after: slash)..<plus], radix: 16) ?? 0
                if let first = firstOfLeaf[String(path[...slash])] { owners[Int(page)] = [block(first + cell)] }
            }
        }
        return owners
    }
}
