import Archive
import JournalFormat
import MarketModel

/// The `ArchiveError` that `body` throws; nil if it throws none or another error.
func archiveError(_ body: () async throws -> Void) async -> ArchiveError? {
    do {
        try await body()
        return nil
    } catch {
        return error as? ArchiveError
    }
}

/// 2024-08-08T23:54:14.087891268Z, the first quote of a real capture.
let sampleTime: Int64 = 1_723_161_254_087_891_268

func time(_ offset: Int64 = 0) -> UnixNanoseconds { UnixNanoseconds(sampleTime + offset) }

func quote(
    _ instrumentID: Int64,
    _ offset: Int64,
    message: Int64,
    item: Int64 = 0,
    bid: Int64? = 1,
    bidSize: Int64? = nil,
    ask: Int64? = nil,
    askSize: Int64? = nil
) -> QuoteRow {
    QuoteRow(
        instrumentID: instrumentID,
        tsRecv: time(offset),
        messageIndex: message,
        item: item,
        tsEvent: nil,
        bidPrice: bid,
        bidSize: bidSize,
        askPrice: ask ?? bid.map { $0 + 1 },
        askSize: askSize,
        sequence: nil
    )
}

func trade(_ instrumentID: Int64, _ offset: Int64, message: Int64, item: Int64 = 0) -> TradeRow {
    TradeRow(
        instrumentID: instrumentID,
        tsRecv: time(offset),
        messageIndex: message,
        item: item,
        tsEvent: time(offset - 5),
        price: 6_183_763_000_000,
        size: 1000,
        aggressorSide: .seller,
        tradeID: 7
    )
}

func instrument(_ id: Int64, _ symbol: String, priceDigits: UInt8 = 8, sizeDigits: UInt8 = 8) -> InstrumentRow {
    InstrumentRow(
        instrumentID: id,
        venue: "binance-spot",
        symbol: symbol,
        priceDigits: priceDigits,
        sizeDigits: sizeDigits
    )
}

/// One message for ``block(connectionID:_:)``.
struct SampleMessage {
    var index: Int64
    var offset: Int64
    var payload: String
    var direction = MessageDirection.received
}

/// An encoded block of text messages.
func block(connectionID: Int64, _ messages: [SampleMessage]) throws -> BlockRow {
    var builder = MessageBlockBuilder()
    for message in messages {
        Array(message.payload.utf8).withUnsafeBytes {
            builder.append(
                $0,
                kind: .text,
                direction: message.direction,
                tsRecv: time(message.offset),
                messageIndex: message.index
            )
        }
    }
    return BlockRow(connectionID: connectionID, try builder.encode(with: nil))
}

/// A block of received messages with the numbers `indexes`, one per microsecond; the text of each is its number.
func block(connectionID: Int64, indexes: some Sequence<Int64>) throws -> BlockRow {
    try block(
        connectionID: connectionID,
        indexes.map { SampleMessage(index: $0, offset: $0 * 1000, payload: "m\($0)") }
    )
}

/// A writer with a session, a feed and a connection, each with id 1.
struct OpenRecording {
    let writer: ArchiveWriter
    let sessionID: Int64
    let feedID: Int64
    let connectionID: Int64

    init(_ directory: TemporaryDirectory, day: String = "2024-08-08", kind: SessionKind = .record) async throws {
        writer = try ArchiveWriter.open(directory: directory.path, day: day)
        sessionID = try await writer.beginSession(
            SessionStart(
                kind: kind,
                tsStart: time(),
                host: "host",
                programVersion: "0.1.0",
                configuration: "{}"
            )
        )
        feedID = try await writer.addFeed(
            FeedRow(sessionID: sessionID, name: "spot", venue: "binance-spot", url: "wss://example.org/ws")
        )
        connectionID = try await writer.openConnection(ConnectionOpened(feedID: feedID, tsOpened: time()))
    }

    func end(_ counts: SessionCounts = SessionCounts()) async throws {
        try await writer.endSession(sessionID, tsEnd: time(1_000_000_000), cause: "duration", counts: counts)
        await writer.close()
    }
}

/// Changes a recording by SQL.
func change(_ path: String, _ sql: String) async throws {
    let session = try SQLSession(recordings: [path], isWritable: true)
    defer { session.close() }
    try await session.run(sql) { _ in }
}

extension TickCursor {
    /// All remaining rows.
    mutating func all() throws -> [Row] {
        var rows: [Row] = []
        while let row = try next() { rows.append(row) }
        return rows
    }
}

extension MessageRun {
    /// The numbers of its messages.
    var messageNumbers: [Int64] { Array(block.messageIndexes[range]) }

    /// The payloads of its messages, as text.
    var texts: [String] { range.map { String(decoding: block.batch.payload(at: $0), as: UTF8.self) } }
}
