import Foundation
import JournalFormat
import MarketModel
import Testing

@Suite(.enabled(if: Extension.isAvailable, Extension.skipReason))
struct DamagedBlockTests {
    private func block(compressor: ZstdCompressor?) throws -> EncodedBlock {
        let blocks = try MessageBatch.sample(connection: 1, count: 6).blocks(
            of: 6,
            firstIndex: 0,
            compressor: compressor
        )
        return try #require(blocks.first)
    }

    /// The text of the single error that reading `bytes` instead of `block` gives.
    private func errorText(_ block: EncodedBlock, bytes: [UInt8]) throws -> String {
        let recording = try Recording()
        defer { recording.remove() }
        try recording.sql(Recording.insertion(1, block, bytes: bytes))
        let result = try recording.run("SELECT count(*), max(payload) FROM messages;")
        #expect(result.status == 1 && result.output.isEmpty)
        return result.error
    }

    @Test("the error names the block, the byte, and what was expected")
    func errorTexts() throws {
        let block = try block(compressor: nil)
        var flipped = block.bytes
        flipped[60] ^= 1
        let prefix = "messages: bad block of connection 1 (rowid 1) at byte "
        let stored = block.bytes.suffix(4).reversed().map { [$0].hexadecimal.lowercased() }.joined()
        let checksum = "\(prefix)\(block.bytes.count - 4): checksum of the block, expected 0x\(stored), actual 0x"
        #expect(try errorText(block, bytes: flipped).contains(checksum))
        let short = Array(block.bytes.dropLast(3))
        #expect(try errorText(block, bytes: short).contains("\(prefix)\(short.count): wrong length"))
        #expect(try errorText(block, bytes: []).contains("\(prefix)0: empty"))
        var newer = block.bytes
        newer[4] = 2
        #expect(try errorText(block, bytes: newer).contains("unsupported format version, expected 1, actual 2"))
    }

    @Test("a row that does not cover its block's messages is an error")
    func wrongRow() throws {
        for change in ["last_message_index = 4", "first_message_index = 1", "ts_first = ts_last", "ts_last = ts_first"]
        {
            let recording = try Recording([(1, block(compressor: nil))])
            defer { recording.remove() }
            let result = try recording.run("UPDATE message_block SET \(change); SELECT count(*) FROM messages;")
            #expect(result.error.contains("the row does not cover its messages 0 to 5"), "\(change)")
        }
    }

    @Test("the error for a database without blocks says so")
    func missingTable() throws {
        let recording = try Recording(schema: "CREATE TABLE other (x);")
        defer { recording.remove() }
        let result = try recording.run("SELECT * FROM messages;")
        let expected = "messages: cannot read table message_block of schema main: no such table: main.message_block"
        #expect(result.error.contains(expected))
    }

    /// Swift and C read the same format, and must reject the same blocks.
    ///
    /// Each forgery is a database row with its own connection number, so that one run of `sqlite3` covers all of them.
    @Test("the Swift decoder agrees on every truncation, flipped bit and forged byte", arguments: [false, true])
    func sameVerdicts(isCompressed: Bool) throws {
        let block = try block(compressor: isCompressed ? ZstdCompressor() : nil)
        let forgeries = block.bytes.forgeries()
        let rows = try forgeries.indices.map { number in
            let covering = try coveringBlock(of: forgeries[number]) ?? block
            return Recording.insertion(number, covering, bytes: forgeries[number])
        }
        let recording = try Recording()
        defer { recording.remove() }
        try recording.sql("BEGIN;\n" + rows.joined() + "COMMIT;")
        // No forged time is refused because of its row alone.
        try recording.sql("UPDATE message_block SET ts_first = -1 << 63, ts_last = ~(-1 << 63);")
        // Without -bail an error ends only its own statement: a missing answer means a refusal.
        let queries = forgeries.indices.map {
            "SELECT connection_id, group_concat(hex(payload) || message_index || ts_recv || direction || kind, ' ') "
                + "FROM messages WHERE connection_id = \($0);\n"
        }
        let answers = try recording.run(".bail off\n" + queries.joined()).output.split(separator: "\n").map(String.init)
        #expect(!answers.isEmpty && answers.count < forgeries.count)
        #expect(answers == forgeries.indices.compactMap { verdict(on: forgeries[$0], number: $0) })
    }

    /// A block whose row fits `forgery`, if that is a valid block of other messages.
    private func coveringBlock(of forgery: [UInt8]) throws -> EncodedBlock? {
        guard let decoded = try? BlockDecoder().decode(forgery) else { return nil }
        var builder = MessageBlockBuilder()
        for (position, index) in decoded.messageIndexes.enumerated() {
            builder.append(batch: decoded.batch, range: position..<position + 1, firstMessageIndex: index)
        }
        return try builder.encode(with: nil)
    }

    private func verdict(on forgery: [UInt8], number: Int) -> String? {
        guard let decoded = try? BlockDecoder().decode(forgery) else { return nil }
        let messages = decoded.batch.entries.indices.map { position in
            let entry = decoded.batch.entries[position]
            let direction = entry.direction == .sent ? "sent" : "received"
            let kind = entry.kind.name
            let payload = decoded.batch.payload(at: position).hexadecimal
            return "\(payload)\(decoded.messageIndexes[position])\(entry.tsRecv.rawValue)\(direction)\(kind)"
        }
        return "\(number)|\(messages.joined(separator: " "))"
    }
}

extension [UInt8] {
    /// Every truncation; every flipped bit, with and without a correct checksum; one byte more at every place of the
    /// body.
    fileprivate func forgeries() -> [[UInt8]] {
        var forgeries = indices.map { Array(self[..<$0]) }
        for bit in 0..<count * 8 {
            var forged = self
            forged[bit / 8] ^= 1 << (bit % 8)
            forgeries.append(forged)
            forgeries.append(forged.withTrueChecksum())
        }
        for offset in 48...count - 4 {
            var forged = self
            forged.insert(2, at: offset)
            forged[40] &+= 1  // body bytes
            for field in [12, 16] {  // counted to the columns, or to the payloads
                var sized = forged
                sized[field] &+= 1
                forgeries.append(sized.withTrueChecksum())
            }
        }
        return forgeries
    }

    /// The same bytes with the checksum at their end corrected.
    private func withTrueChecksum() -> [UInt8] {
        let content = Array(dropLast(4))
        let checksum = CRC32C.checksum(content)
        return content + (0..<4).map { UInt8(truncatingIfNeeded: checksum >> ($0 * 8)) }
    }
}
