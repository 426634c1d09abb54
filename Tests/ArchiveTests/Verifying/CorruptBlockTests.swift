import Archive
import Foundation
import JournalFormat
import MarketModel
import Testing

/// Damage inside blocks of messages.
struct CorruptBlockTests {
    private static let stamp = UpkeepStamp(now: time(), programVersion: "test")

    /// A recording of equal blocks with two messages each, and the number of bytes in a block.
    private static func recording(blocks: Int64) async throws -> (TemporaryDirectory, String, bytes: Int) {
        let directory = try TemporaryDirectory()
        let recording = try await OpenRecording(directory)
        var batch = WriteBatch()
        batch.blocks = try (0..<blocks).map { number in
            try block(
                connectionID: 1,
                [2 * number, 2 * number + 1].map { SampleMessage(index: $0, offset: $0, payload: "payload") }
            )
        }
        try await recording.writer.write(batch)
        var counts = SessionCounts()
        counts.messagesReceived = 2 * blocks
        try await recording.end(counts)
        return (directory, recording.writer.path, batch.blocks.map(\.block.count).max() ?? 0)
    }

    /// Replaces the bytes of each block by the result of `damage`, which gets the block's place.
    private static func damage(_ path: String, _ damage: (Int, inout [UInt8]) -> Void) throws {
        let database = try RawDatabase(path)
        let blocks = try database.blobs("SELECT rowid, block FROM message_block ORDER BY first_message_index")
        for (place, stored) in blocks.enumerated() {
            var bytes = stored.bytes
            damage(place, &bytes)
            guard bytes != stored.bytes else { continue }
            try database.run("UPDATE message_block SET block = \(blobLiteral(bytes)) WHERE rowid = \(stored.id)")
        }
    }

    @Test(
        "a change of any byte of a block is found, and costs the messages of that block",
        arguments: [0x01, 0x80, 0xFF]
    )
    func everyByte(mask: UInt8) async throws {
        // Block n gets the change in its byte n; the blocks after the last byte stay intact.
        let (directory, path, bytes) = try await Self.recording(blocks: 120)
        defer { withExtendedLifetime(directory) {} }
        try #require(bytes < 115)
        try Self.damage(path) { place, block in if place < block.count { block[place] ^= mask } }
        let report = try ArchiveVerifier.verify(ArchiveLocation(path)).recordings[0]
        let found = Set(report.problems.filter { $0.kind == .block }.compactMap(\.firstMessageIndex))
        #expect(found == Set((0..<Int64(bytes)).map { 2 * $0 }))
        #expect(report.damagedMessages == 2 * Int64(bytes))
        let outcome = try ArchiveRepairer.repair(path, Self.stamp)
        #expect(outcome.report.problems == [] && outcome.lostBlocks == bytes)
        #expect(outcome.lostMessages == [0...Int64(2 * bytes - 1)])
        #expect(outcome.report.messagesReceived == 2 * Int64(120 - bytes))
    }

    @Test("a block that is cut at any byte is found")
    func everyCut() async throws {
        let (directory, path, bytes) = try await Self.recording(blocks: 120)
        defer { withExtendedLifetime(directory) {} }
        try Self.damage(path) { place, block in if place < block.count { block.removeLast(block.count - place) } }
        let report = try ArchiveVerifier.verify(ArchiveLocation(path)).recordings[0]
        #expect(report.problems.count { $0.kind == .block } == bytes)
        #expect(report.messagesReceived == 2 * Int64(120 - bytes))
    }

    @Test("readers report a damaged block and continue after it")
    func readersContinue() async throws {
        let (directory, path, _) = try await Self.recording(blocks: 40)
        defer { withExtendedLifetime(directory) {} }
        try Self.damage(path) { place, block in if place % 3 == 1 { block[20] ^= 0x40 } }
        for order in [BlockOrder.stored, .time] {
            var blocks = try ArchiveReader(path: path).blocks(order: order)
            var (numbers, damaged): ([Int64], Int) = ([], 0)
            while true {
                do throws(ArchiveError) {
                    guard let (_, block) = try blocks.next() else { break }
                    numbers += block.messageIndexes
                } catch {
                    #expect(error.code == .corrupted && error.hint != nil && error.detail.contains(path))
                    damaged += 1
                }
            }
            #expect(damaged == 13)
            #expect(numbers == (0..<80 as Range<Int64>).filter { $0 / 2 % 3 != 1 })
        }
        var messages = try ArchiveReader(path: path).messages()
        var (numbers, damaged): ([Int64], Int) = ([], 0)
        while true {
            do throws(ArchiveError) {
                guard let run = try messages.next() else { break }
                numbers += run.messageNumbers
            } catch { damaged += 1 }
        }
        #expect(damaged == 13 && numbers.count == 54 && numbers == numbers.sorted())
    }

    @Test("SQL reports a damaged block instead of leaving out its messages")
    func sql() async throws {
        let (directory, path, _) = try await Self.recording(blocks: 5)
        defer { withExtendedLifetime(directory) {} }
        try Self.damage(path) { place, block in if place == 3 { block[20] ^= 0x40 } }
        let session = try SQLSession(recordings: [path])
        let error = await archiveError { _ = try await rows(of: "SELECT max(payload) FROM messages", in: session) }
        #expect(error != nil)
        let before = try await rows(of: "SELECT count(*) FROM messages WHERE message_index < 6", in: session)
        #expect(before == [[.integer(6)]])
        // The rows of the blocks can still be counted.
        #expect(try await rows(of: "SELECT sum(message_count) FROM message_blocks", in: session) == [[.integer(10)]])
    }

    @Test("checkBlocks finds what a search for messages would miss")
    func checkBlocks() async throws {
        let (directory, path, _) = try await Self.recording(blocks: 5)
        defer { withExtendedLifetime(directory) {} }
        try ArchiveReader(path: path).checkBlocks()
        for sql in [
            "UPDATE message_block SET block = zeroblob(50) WHERE first_message_index = 8",
            "UPDATE message_block SET ts_last = ts_last - 1 WHERE first_message_index = 0",
            "UPDATE message_block SET connection_id = 9 WHERE first_message_index = 4",
            "UPDATE message_block SET payload_bytes = 0 WHERE first_message_index = 4",
        ] {
            let copy = try TemporaryDirectory()
            let changed = try copyOfRecording(path, in: copy)
            try await change(changed, sql)
            let error = await archiveError { try ArchiveReader(path: changed).checkBlocks() }
            #expect(error?.code == .corrupted, "\(sql)")
            #expect(error?.detail.contains(changed) == true && error?.hint != nil, "\(sql)")
        }
    }
}
