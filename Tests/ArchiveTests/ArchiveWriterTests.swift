import Archive
import Foundation
import MarketModel
import Testing

struct ArchiveWriterTests {
    @Test("every kind of row is read as it was written, even at the ends of its range")
    func roundTrip() async throws {
        let directory = try TemporaryDirectory()
        let recording = try await OpenRecording(directory)
        let batch = Self.extremes(recording)
        try await recording.writer.write(batch)
        let reader = try ArchiveReader(path: recording.writer.path)
        #expect(try reader.instruments() == batch.instruments)
        #expect(try reader.gaps() == batch.gaps)
        // Cursors are bounded by the newest message, and there are no messages here.
        let everything = ReadRange(messageIndexMax: .max - 1)
        var quotes = try reader.quotes(everything)
        #expect(try quotes.all() == batch.quotes)
        var trades = try reader.trades(everything)
        #expect(try trades.all() == batch.trades)
        var marginUpdates = try reader.marginUpdates(everything)
        #expect(try marginUpdates.next() == batch.marginUpdates[0])
        #expect(try marginUpdates.next() == batch.marginUpdates[1])
        #expect(try marginUpdates.next() == nil)
        var events = try reader.events(everything)
        #expect(try events.next() == batch.events[0])
        #expect(try events.next() == batch.events[1])
        #expect(try events.next() == nil)
        await recording.writer.close()
    }

    private static func extremes(_ recording: OpenRecording) -> WriteBatch {
        var batch = WriteBatch()
        batch.instruments = [instrument(recording.writer.makeInstrumentID(), "Ünï", priceDigits: 18, sizeDigits: 0)]
        let (low, high) = (Int64.min, Int64.max)
        var first = quote(1, 0, message: 0, bid: low, bidSize: low, ask: high, askSize: high)
        first.tsRecv = UnixNanoseconds(low + 1)
        first.sequence = low
        first.tsEvent = UnixNanoseconds(low)
        batch.quotes = [first, quote(1, 0, message: high - 1, item: high)]
        batch.trades = [trade(1, 0, message: 0)]
        batch.trades[0].aggressorSide = nil
        batch.trades[0].tradeID = nil
        var margin = MarginUpdateRow(tsRecv: time(), messageIndex: 0, item: 0, feedID: 1, login: high, digits: 18)
        batch.marginUpdates = [margin]
        (margin.item, margin.accountGroup, margin.leverage, margin.tsEvent) = (1, "demo", 500, time(-1))
        (margin.balance, margin.equity, margin.volume) = (low, high, 0)
        (margin.margin, margin.marginFree, margin.marginLevel, margin.state) = (1, -1, 5, .stopOut)
        batch.marginUpdates.append(margin)
        batch.events = [
            EventRow(tsRecv: time(), messageIndex: nil, item: nil, feedID: nil, kind: "clock", json: []),
            EventRow(
                tsRecv: time(),
                messageIndex: 3,
                item: 1,
                feedID: 1,
                kind: "OnSymbolUpdate",
                symbol: "EURUSD",
                isOddity: true,
                json: Array(#"{"é":1}"#.utf8)
            ),
        ]
        batch.gaps = [
            GapRow(gapID: recording.writer.makeGapID(), sessionID: 1, tsFrom: time(), cause: "disconnect"),
            GapRow(
                gapID: recording.writer.makeGapID(),
                sessionID: 1,
                feedID: 1,
                connectionID: 1,
                instrumentID: 1,
                tsFrom: time(1),
                tsTo: time(2),
                cause: "sequence",
                detail: "jump",
                sequenceFrom: low,
                sequenceTo: high,
                estimatedCount: 0
            ),
        ]
        return batch
    }

    @Test("a margin update converts its amounts to a common number of digits")
    func marginDigits() {
        var update = MarginUpdate(origin: EventOrigin(message: 0, item: 2), login: 5)
        update.balance = FixedDecimal(mantissa: 10_050, digits: 2)
        update.marginLevel = FixedDecimal(mantissa: 123_456, digits: 4)
        let row = MarginUpdateRow(update, tsRecv: time(), messageIndex: 9, feedID: 1)
        #expect(row.digits == 4)
        #expect(row.balance == 1_005_000)
        #expect(row.decimal(row.marginLevel) == update.marginLevel)
        #expect(row.equity == nil)
        update.equity = FixedDecimal(mantissa: .max, digits: 0)
        update.texts.equity = "9223372036854775807"
        let wide = MarginUpdateRow(update, tsRecv: time(), messageIndex: 9, feedID: 1)
        #expect([wide.balance, wide.equity, wide.marginLevel].compactMap { $0 }.count < 3)
        #expect(wide.texts.equity == "9223372036854775807")
    }

    @Test("sessions, feeds and connections show their start immediately and their end later")
    func frame() async throws {
        let directory = try TemporaryDirectory()
        let recording = try await OpenRecording(directory)
        let reader = try ArchiveReader(path: recording.writer.path)
        #expect(try reader.sessions().first?.counts == nil)
        #expect(try reader.connections().first?.closed == nil)
        #expect(try reader.feeds().first?.url == "wss://example.org/ws")
        var closed = ConnectionClosed(connectionID: 1, tsClosed: time(9), closedBy: .remote)
        (closed.messagesReceived, closed.closeCode, closed.closeReason) = (3, 1000, "bye")
        try await recording.writer.closeConnection(closed)
        var counts = SessionCounts()
        (counts.messagesReceived, counts.gapCount, counts.oddityCount) = (3, 2, 1)
        try await recording.end(counts)
        let connection = try #require(try reader.connections().first)
        #expect(connection.closed == closed)
        #expect(connection.venue == "binance-spot")
        let session = try #require(try reader.sessions().first)
        #expect(session.counts == counts)
        #expect(session.endCause == "duration")
    }

    @Test("a growing block replaces its earlier version")
    func growingTail() async throws {
        let directory = try TemporaryDirectory()
        let recording = try await OpenRecording(directory)
        for last in [Int64(0), 3, 9] {
            var batch = WriteBatch()
            batch.blocks = [try block(connectionID: 1, indexes: 0...last)]
            try await recording.writer.write(batch)
        }
        let reader = try ArchiveReader(path: recording.writer.path)
        let summary = try reader.summary()
        #expect(summary.blockCount == 1)
        #expect(summary.messageCount == 10)
        #expect(try reader.lastMessageIndex() == 9)
        await recording.writer.close()
    }

    @Test("a recording that is opened again continues its numbers")
    func reopen() async throws {
        let directory = try TemporaryDirectory()
        let first = try await OpenRecording(directory)
        #expect(first.writer.nextMessageIndex == 0)
        var batch = WriteBatch()
        batch.instruments = [instrument(first.writer.makeInstrumentID(), "BTCUSDT")]
        batch.gaps = [GapRow(gapID: first.writer.makeGapID(), sessionID: 1, tsFrom: time(), cause: "restart")]
        batch.blocks = [try block(connectionID: 1, indexes: 0...4)]
        try await first.writer.write(batch)
        await first.writer.close()
        let directoryLock = first.writer.lock
        let second = try ArchiveWriter.open(directory: directory.path, day: "2024-08-08", lock: directoryLock)
        #expect(second.nextMessageIndex == 5)
        #expect(second.instruments == batch.instruments)
        #expect(second.makeInstrumentID() == 2)
        #expect(second.makeGapID() == 2)
        await second.close()
    }

    @Test("rows are stored for a cancelled task too")
    func cancelled() async throws {
        let directory = try TemporaryDirectory()
        let recording = try await OpenRecording(directory)
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            try await recording.end()
        }
        try await task.value
        #expect(try ArchiveReader(path: recording.writer.path).sessions().first?.endCause == "duration")
    }

    @Test("a closed recording is a single file")
    func closed() async throws {
        let directory = try TemporaryDirectory()
        let recording = try await OpenRecording(directory)
        #expect(FileManager.default.fileExists(atPath: recording.writer.path + "-wal"))
        try await recording.end()
        #expect(!FileManager.default.fileExists(atPath: recording.writer.path + "-wal"))
        let error = await archiveError { try await recording.writer.write(Self.gap(1)) }
        #expect(error?.description.hasSuffix("it has been closed") == true)
    }

    @Test("a batch is stored completely or not at all")
    func atomic() async throws {
        let directory = try TemporaryDirectory()
        let recording = try await OpenRecording(directory)
        var batch = Self.gap(1)
        batch.instruments = [instrument(1, "A"), instrument(2, "A")]
        let error = await archiveError { [batch] in try await recording.writer.write(batch) }
        #expect(error?.code == .database)
        let reader = try ArchiveReader(path: recording.writer.path)
        #expect(try reader.gaps().isEmpty)
        #expect(try reader.instruments().isEmpty)
        try await recording.writer.write(Self.gap(1))
        #expect(try reader.gaps().count == 1)
        await recording.writer.close()
    }

    private static func gap(_ id: Int64) -> WriteBatch {
        var batch = WriteBatch()
        batch.gaps = [GapRow(gapID: id, sessionID: 1, tsFrom: time(), cause: "test")]
        return batch
    }
}
