import Foundation
import JournalFormat
import MarketModel
import Testing

/// A database file with blocks, made and read by the `sqlite3` program.
struct Recording {
    static let schema = """
        CREATE TABLE message_block (
            connection_id INTEGER NOT NULL, first_message_index INTEGER NOT NULL, last_message_index INTEGER NOT NULL,
            message_count INTEGER NOT NULL, ts_first INTEGER NOT NULL, ts_last INTEGER NOT NULL,
            payload_bytes INTEGER NOT NULL, block BLOB NOT NULL, PRIMARY KEY (connection_id, first_message_index)
        ) STRICT;

        """

    let directory: URL

    init(_ blocks: [(connection: Int, block: EncodedBlock)] = [], schema: String = schema) throws {
        directory = try Extension.temporaryDirectory()
        try sql(schema + blocks.map { Self.insertion($0.connection, $0.block) }.joined())
    }

    /// The statement that stores `block`, or `bytes` instead of it.
    static func insertion(_ connection: Int, _ block: EncodedBlock, bytes: [UInt8]? = nil) -> String {
        """
        INSERT INTO message_block VALUES (\(connection), \(block.firstMessageIndex), \(block.lastMessageIndex), \
        \(block.messageCount), \(block.tsFirst.rawValue), \(block.tsLast.rawValue), \(block.payloadBytes), \
        x'\((bytes ?? block.bytes).hexadecimal)');

        """
    }

    func remove() {
        try? FileManager.default.removeItem(at: directory)
    }

    /// Runs `statements` with the extension loaded; columns of the answer are separated by `|`.
    @discardableResult
    func run(_ statements: String, library: URL? = nil) throws -> Shell.Output {
        let load = ".load \(try library?.path ?? Extension.library.get().path)\n"
        let arguments = ["-batch", "-bail", "-init", "/dev/null", "recording.feedrec"]
        return try Shell.run(#require(Shell.sqlite), arguments, input: load + statements, in: directory)
    }

    /// The lines that `statements` return; an error fails the test.
    @discardableResult
    func sql(_ statements: String) throws -> [String] {
        let result = try run(statements)
        try #require(result.status == 0 && result.error.isEmpty, "\(result.error)")
        return result.output.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
    }
}

extension [UInt8] {
    /// Two upper-case digits per byte, as in SQLite's `hex`.
    var hexadecimal: String {
        let digits = Array<UInt8>("0123456789ABCDEF".utf8)
        var text: [UInt8] = []
        for byte in self {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }
}

extension MessageBatch {
    /// Messages of connection `connection` without a pattern: sizes, kinds, directions and times vary.
    static func sample(connection: Int, count: Int) -> MessageBatch {
        var batch = MessageBatch()
        var state = UInt64(connection)
        for number in 0..<count {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let isBinary = state >> 40 & 7 == 0
            let text = "{\"connection\":\(connection),\"n\":\(number),\"s\":\"EURUSD\",\"é\":\(state >> 33)}"
            batch.append(
                isBinary ? [UInt8](repeating: UInt8(state >> 50 & 255), count: number % 5) : Array(text.utf8),
                kind: isBinary ? .binary : .text,
                direction: state >> 45 & 3 == 0 ? .sent : .received,
                tsRecv: UnixNanoseconds(1_767_605_400_000_000_000 + Int64(number) * 1_000_000 + Int64(state >> 44))
            )
        }
        return batch
    }

    /// The messages as blocks of `blockCount` messages each; the first has number `firstIndex`.
    func blocks(of blockCount: Int, firstIndex: Int64, compressor: ZstdCompressor?) throws -> [EncodedBlock] {
        try stride(from: 0, to: count, by: blockCount).map { start in
            var builder = MessageBlockBuilder()
            let range = start..<Swift.min(start + blockCount, count)
            builder.append(batch: self, range: range, firstMessageIndex: firstIndex + Int64(start))
            return try builder.encode(with: compressor)
        }
    }

    /// The expected row of message `number`.
    func row(_ number: Int, index: Int64, connection: Int) -> String {
        let entry = entries[number]
        let columns = [
            "\(index)", "\(entry.tsRecv.rawValue)", entry.tsRecv.iso8601, "\(connection)",
            entry.direction == .sent ? "sent" : "received", entry.kind.name,
            entry.kind == .binary ? "blob" : "text", payload(at: number).hexadecimal, "\(entry.length)",
        ]
        return columns.joined(separator: "|")
    }
}

extension MessageKind {
    /// The name in the column `kind`.
    var name: String {
        switch self {
        case .text: "text"
        case .binary: "binary"
        case .rest: "rest"
        }
    }
}
