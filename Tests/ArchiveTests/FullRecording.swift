import Archive
import Foundation
import JournalFormat
import MarketModel

/// A finished recording with rows of every table, and true counts.
struct FullRecording {
    static let messages = 60 as Int64
    static let second: Int64 = 1_000_000_000

    let directory: TemporaryDirectory
    let path: String
    /// What is stored, as one batch.
    let batch: WriteBatch

    /// Two connections alternate in blocks of five messages; every message has a quote, each tenth one of every kind.
    init(in directory: TemporaryDirectory? = nil, day: String = "2024-08-08") async throws {
        let directory = try directory ?? TemporaryDirectory()
        let recording = try await OpenRecording(directory, day: day)
        let other = try await recording.writer.openConnection(ConnectionOpened(feedID: 1, tsOpened: time()))
        let batch = try Self.batch(connections: [recording.connectionID, other])
        try await recording.writer.write(batch)
        for id in [recording.connectionID, other] {
            var closed = ConnectionClosed(connectionID: id, tsClosed: time(Self.second), closedBy: .local)
            closed.messagesReceived = Self.messages / 2
            try await recording.writer.closeConnection(closed)
        }
        var counts = SessionCounts()
        counts.messagesReceived = Self.messages
        counts.quoteCount = Int64(batch.quotes.count)
        counts.tradeCount = Int64(batch.trades.count)
        counts.marginUpdateCount = Int64(batch.marginUpdates.count)
        counts.barCount = Int64(batch.bars.count)
        counts.eventCount = Int64(batch.events.count { !$0.isOddity })
        counts.oddityCount = Int64(batch.events.count { $0.isOddity })
        counts.gapCount = Int64(batch.gaps.count)
        try await recording.end(counts)
        self.directory = directory
        self.batch = batch
        path = recording.writer.path
    }

    private init(directory: TemporaryDirectory, path: String, batch: WriteBatch) {
        self.directory = directory
        self.path = path
        self.batch = batch
    }

    /// A copy of the file in another directory.
    func copy(in directory: TemporaryDirectory) throws -> FullRecording {
        FullRecording(directory: directory, path: try copyOfRecording(path, in: directory), batch: batch)
    }

    private static func batch(connections: [Int64]) throws -> WriteBatch {
        var batch = WriteBatch()
        batch.instruments = [instrument(1, "A"), instrument(2, "B", priceDigits: 5, sizeDigits: 0)]
        for first in stride(from: 0 as Int64, to: messages, by: 5) {
            batch.blocks.append(try block(connectionID: connections[Int(first / 5) % 2], indexes: first..<first + 5))
        }
        for message in 0..<messages {
            batch.quotes.append(quote(1 + message % 2, message * 1000, message: message, bidSize: 3, askSize: 4))
            if message % 10 == 0 { addRare(message, to: &batch) }
        }
        batch.bars = (0..<6).map { bar($0 * 10_000) }
        batch.gaps = [
            GapRow(
                gapID: 1,
                sessionID: 1,
                feedID: 1,
                connectionID: 1,
                instrumentID: 2,
                tsFrom: time(100 * second),
                tsTo: time(101 * second),
                cause: "sequence",
                sequenceFrom: 5,
                sequenceTo: 9,
                estimatedCount: 5
            )
        ]
        batch.closedSpans = [ClosedSpanRow(feedID: 1, tsFrom: time(-5 * second), tsTo: time(-4 * second))]
        batch.clockSamples = [ClockSampleRow(ts: time(), offsetNS: -5, errorNS: 7, status: 1)]
        return batch
    }

    /// A row of each rarer kind.
    private static func addRare(_ message: Int64, to batch: inout WriteBatch) {
        let ts = time(message * 1000)
        batch.trades.append(trade(1, message * 1000, message: message, item: 1))
        var margin = MarginUpdateRow(tsRecv: ts, messageIndex: message, item: 2, feedID: 1, login: 77, digits: 2)
        (margin.balance, margin.accountGroup, margin.state) = (message, "demo", .ok)
        batch.marginUpdates.append(margin)
        let prices = VenueBarRow.Prices(open: 5, high: 9, low: 1, close: 3)
        batch.venueBars.append(
            VenueBarRow(
                instrumentID: 2,
                tsRecv: ts,
                messageIndex: message,
                item: 3,
                tsEvent: ts,
                intervalNS: nil,
                bid: prices,
                ask: prices,
                tickCount: 4
            )
        )
        var update = OrderUpdate(origin: EventOrigin(message: 0, item: 4), ticket: 1000 + message)
        (update.login, update.command, update.json) = (77, "Buy", Array(#"{"ticket":1}"#.utf8))
        batch.orderUpdates.append(
            OrderUpdateRow(tsRecv: ts, messageIndex: message, feedID: 1, symbol: "A", update: update)
        )
        let isOwn = message == 50
        batch.events.append(
            EventRow(
                tsRecv: ts,
                messageIndex: isOwn ? nil : message,
                item: isOwn ? nil : 5,
                feedID: 1,
                kind: "k",
                isOddity: message == 30,
                json: Array("{}".utf8)
            )
        )
    }

    /// A bar of quotes over ten microseconds.
    static func bar(_ offset: Int64, ticks: Int64 = 10) -> BarRow {
        BarRow(
            instrumentID: 1,
            side: .bid,
            intervalNS: 10_000,
            tsOpen: time(offset),
            tsClose: time(offset + 10_000),
            open: 1,
            high: 9,
            low: 1,
            close: 5,
            tickCount: ticks,
            isComplete: true,
            timeSource: .recv
        )
    }

    /// The content of the file.
    func bytes() throws -> Data { try Data(contentsOf: URL(fileURLWithPath: path)) }

    /// The problems that `verify` reports.
    func problems() throws -> [VerifyProblem] {
        try ArchiveVerifier.verify(ArchiveLocation(path)).problems
    }

    /// The message numbers that can be read, in order.
    func messageNumbers() throws -> [Int64] {
        var cursor = try ArchiveReader(path: path).messages()
        var numbers: [Int64] = []
        while let run = try cursor.next() { numbers += run.messageNumbers }
        return numbers
    }
}
