import Foundation
import JournalFormat
import MarketModel
import Testing

@Suite(.enabled(if: Extension.isAvailable, Extension.skipReason))
struct MessageTableTests {
    private static let everything = """
        SELECT message_index, ts_recv, time, connection_id, direction, kind, typeof(payload), hex(payload), bytes \
        FROM messages
        """
    private let compressor = ZstdCompressor(level: 1)

    /// Two connections whose blocks alternate: 1 has messages 0 to 99, 2 has 1000 to 1049; and the expected rows.
    private func twoConnections() throws -> (recording: Recording, rows: [String]) {
        let first = MessageBatch.sample(connection: 1, count: 100)
        let second = MessageBatch.sample(connection: 2, count: 50)
        var blocks: [(Int, EncodedBlock)] = []
        for block in try second.blocks(of: 25, firstIndex: 1000, compressor: nil) { blocks.append((2, block)) }
        for block in try first.blocks(of: 30, firstIndex: 0, compressor: compressor) { blocks.append((1, block)) }
        var rows = first.entries.indices.map { first.row($0, index: Int64($0), connection: 1) }
        rows += second.entries.indices.map { second.row($0, index: Int64($0 + 1000), connection: 2) }
        return (try Recording(blocks), rows)
    }

    @Test("every message is returned unchanged, in order of blocks and messages")
    func everyMessage() throws {
        let (recording, rows) = try twoConnections()
        defer { recording.remove() }
        #expect(try recording.sql("\(Self.everything);") == rows)
        #expect(try recording.sql("SELECT count(*), count(DISTINCT rowid) FROM messages;") == ["150|150"])
    }

    @Test(
        "conditions find the same messages as on an ordinary table",
        arguments: [
            "message_index = 59", "message_index = 60", "message_index BETWEEN 29 AND 31", "message_index < 0",
            "message_index > 97", "message_index >= 1049", "message_index <= 2", "message_index = '61'",
            "message_index > 58.5 AND message_index < 60.5", "message_index = 59.5", "message_index < 'x'",
            "message_index = NULL", "message_index IN (3, 30, 1001, 5000)", "message_index <> 3",
            "ts_recv = (SELECT ts_recv FROM copy LIMIT 1 OFFSET 40)",
            "ts_recv < (SELECT ts_recv FROM copy LIMIT 1 OFFSET 40)",
            "ts_recv >= (SELECT ts_recv FROM copy LIMIT 1 OFFSET 40) AND connection_id = 2",
            "connection_id = 1", "connection_id = 3", "connection_id > 1", "direction = 'sent'",
            "message_index = 3 OR ts_recv <= (SELECT ts_recv FROM copy LIMIT 1 OFFSET 3) OR connection_id = 2",
            "message_index > 10 AND message_index > 40 AND message_index < 70 AND connection_id IN (1, 2)",
            "kind = 'text' AND payload ->> '$.n' = 12",
        ]
    )
    func conditions(condition: String) throws {
        let (recording, _) = try twoConnections()
        defer { recording.remove() }
        let answers = try recording.sql(
            """
            CREATE TEMP TABLE copy AS SELECT * FROM messages;
            SELECT count(*) FROM (SELECT * FROM messages WHERE \(condition));
            SELECT count(*) FROM (SELECT * FROM copy WHERE \(condition));
            SELECT count(*) FROM (SELECT * FROM messages WHERE \(condition) EXCEPT SELECT * FROM copy WHERE \(condition));
            """
        )
        #expect(answers.count == 3 && answers[0] == answers[1] && answers[2] == "0", "\(answers)")
    }

    @Test("a condition skips other blocks, so a damaged one does not matter")
    func pruning() throws {
        let batch = MessageBatch.sample(connection: 1, count: 30)
        let blocks = try batch.blocks(of: 10, firstIndex: 0, compressor: compressor)
        let recording = try Recording()
        defer { recording.remove() }
        try recording.sql(
            blocks.enumerated().map { number, block in
                Recording.insertion(number == 2 ? 7 : 1, block, bytes: number == 1 ? [0] : nil)
            }.joined()
        )
        #expect(try recording.sql("SELECT count(*) FROM messages WHERE message_index < 10;") == ["10"])
        #expect(try recording.sql("SELECT count(*) FROM messages WHERE connection_id = 7;") == ["10"])
        let late = batch.entries[20].tsRecv.rawValue
        #expect(try recording.sql("SELECT count(*) > 0 FROM messages WHERE ts_recv >= \(late);") == ["1"])
        #expect(try recording.run("SELECT count(*) FROM messages;").status != 0)
    }

    @Test("a join asks for single messages in any order")
    func joins() throws {
        let (recording, rows) = try twoConnections()
        defer { recording.remove() }
        let wanted = [5, 6, 99, 4, 4, 31]
        let answers = try recording.sql(
            """
            WITH wanted(n) AS (VALUES \(wanted.map { "(\($0))" }.joined(separator: ", ")))
            SELECT message_index, ts_recv, time, connection_id, direction, kind, typeof(payload), hex(payload), bytes
            FROM wanted CROSS JOIN messages ON message_index = n;
            """
        )
        #expect(answers == wanted.map { rows[$0] })
    }

    @Test("a query that asks for an order gets sorted rows")
    func sorting() throws {
        let (recording, _) = try twoConnections()
        defer { recording.remove() }
        let answers = try recording.sql("SELECT ts_recv FROM messages ORDER BY ts_recv;").compactMap { Int64($0) }
        #expect(answers.count == 150 && answers == answers.sorted())
    }

    @Test("times at the ends of their range are written as in the rest of feedrec")
    func times() throws {
        let times: [Int64] = [
            .min, -1, 0, 951_782_399_999_999_999, 951_782_400_000_000_000, 1_709_164_800_000_000_001, .max,
        ]
        var batch = MessageBatch()
        for time in times { batch.append("x".utf8, direction: .received, tsRecv: UnixNanoseconds(time)) }
        let recording = try Recording(batch.blocks(of: 100, firstIndex: 0, compressor: nil).map { (1, $0) })
        defer { recording.remove() }
        let answers = try recording.sql("SELECT ts_recv, time FROM messages;")
        #expect(answers == times.map { "\($0)|\(UnixNanoseconds($0).iso8601)" })
    }

    @Test("the table works in a view although the schema is not trusted")
    func untrustedSchema() throws {
        let (recording, rows) = try twoConnections()
        defer { recording.remove() }
        let answers = try recording.sql(
            "CREATE VIEW seen AS SELECT count(*) FROM messages; PRAGMA trusted_schema = 0; SELECT * FROM seen;"
        )
        #expect(answers == ["\(rows.count)"])
    }

    @Test("a file of another name loads through the general entry point")
    func entryPoints() throws {
        let recording = try Recording()
        defer { recording.remove() }
        let renamed = try Extension.build(in: recording.directory, as: "other_name.so")
        let result = try recording.run("SELECT count(*) FROM messages;", library: renamed)
        #expect(result.output == "0\n" && result.error.isEmpty)
    }
}
