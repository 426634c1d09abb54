import Archive
import MarketModel
import Testing

/// Cursors over parts of a recording, compared with a filter over all rows.
struct CursorRangeTests {
    /// A recording of random rows: many share a time, some times are at the limits of `Int64`.
    private struct Bench {
        let directory: TemporaryDirectory
        let reader: ArchiveReader
        let batch: WriteBatch
        var random: SplitMix64

        init(seed: UInt64) async throws {
            random = SplitMix64(seed: seed)
            directory = try TemporaryDirectory()
            let recording = try await OpenRecording(directory)
            var batch = WriteBatch()
            batch.instruments = (1...3).map { instrument($0, "S\($0)") }
            for message in 0..<200 as Range<Int64> {
                let ts = Self.time(message, &random)
                for item in 0..<random.number(1...3) {
                    var row = quote(random.number(1...3), 0, message: message, item: item)
                    row.tsRecv = ts
                    batch.quotes.append(row)
                }
                var trade = trade(random.number(1...3), 0, message: message)
                trade.tsRecv = ts
                batch.trades.append(trade)
                batch.marginUpdates.append(
                    MarginUpdateRow(tsRecv: ts, messageIndex: message, item: 9, feedID: 1, login: 1, digits: 0)
                )
                let isOwn = random.oneIn(4)
                batch.events.append(
                    EventRow(
                        tsRecv: ts,
                        messageIndex: isOwn ? nil : message,
                        item: isOwn ? nil : 0,
                        feedID: 1,
                        kind: "k\(message)",
                        json: []
                    )
                )
            }
            try await recording.writer.write(batch)
            await recording.writer.close()
            reader = try ArchiveReader(path: recording.writer.path)
            self.batch = batch
        }

        /// Ten times with 20 messages each, the first and the last at the limits.
        private static func time(_ message: Int64, _ random: inout SplitMix64) -> UnixNanoseconds {
            switch message / 20 {
            case 0: UnixNanoseconds(.min)
            case 9: UnixNanoseconds(.max)
            case let place: UnixNanoseconds(sampleTime + place * 10)
            }
        }

        mutating func range() -> ReadRange {
            let bounds =
                [Int64.min, .min + 1, -1, 0, .max - 1, .max] + (0...12).map { sampleTime + $0 * 10 - 5 }
                + (0...12).map { sampleTime + $0 * 10 }
            return ReadRange(
                from: UnixNanoseconds(bounds.randomElement(using: &random) ?? 0),
                to: UnixNanoseconds(bounds.randomElement(using: &random) ?? 0),
                messageIndexMax: [-1, 0, 99, 150, 199, .max - 1].randomElement(using: &random) ?? 0,
                messageIndexBehind: [.min, -1, 0, 50, 199].randomElement(using: &random) ?? 0
            )
        }
    }

    private static func sorted<Row: TickRow>(_ rows: [Row]) -> [Row] {
        rows.sorted { RowPlace($0) < RowPlace($1) }
    }

    @Test("every cursor returns exactly the rows of its range, in order", arguments: Seeds.first(6))
    func ranges(seed: UInt64) async throws {
        var bench = try await Bench(seed: seed)
        for _ in 0..<25 {
            let range = bench.range()
            let comment = "\(range)" as Comment
            let choices: [[Int64]] = [[1], [2, 3], [1, 2, 3], [], [99]]
            let ids = choices.randomElement(using: &bench.random) ?? []
            var quotes = try bench.reader.quotes(range, instrumentIDs: ids)
            let wanted = bench.batch.quotes.filter {
                range.contains($0.tsRecv, $0.messageIndex) && ids.contains($0.instrumentID)
            }
            #expect(try quotes.all() == Self.sorted(wanted), comment)
            var trades = try bench.reader.trades(range)
            let inRange = bench.batch.trades.filter { range.contains($0.tsRecv, $0.messageIndex) }
            #expect(try trades.all() == Self.sorted(inRange), comment)
            var margins = try bench.reader.marginUpdates(range)
            let updates = bench.batch.marginUpdates.filter { range.contains($0.tsRecv, $0.messageIndex) }
            #expect(try margins.all() == updates, comment)
            var events = try bench.reader.events(range)
            // An event without a message counts as one before the first message.
            let own = bench.batch.events.filter { range.contains($0.tsRecv, $0.messageIndex ?? -1) }
            let order = own.sorted {
                ($0.tsRecv.rawValue, $0.messageIndex ?? -1) < ($1.tsRecv.rawValue, $1.messageIndex ?? -1)
            }
            #expect(try events.all().map(\.tsRecv) == order.map(\.tsRecv), comment)
            #expect(try Set(bench.reader.events(range).rows()) == Set(own), comment)
        }
    }

    @Test("the last tick before a time is the one that a scan finds", arguments: Seeds.first(3))
    func lastTicks(seed: UInt64) async throws {
        let bench = try await Bench(seed: seed)
        let (quotes, trades) = (Self.sorted(bench.batch.quotes), Self.sorted(bench.batch.trades))
        for bound in [Int64.min, .min + 1, 0, .max] + (0...12).map({ sampleTime + $0 * 10 }) {
            for id in 1...4 as ClosedRange<Int64> {
                let before = UnixNanoseconds(bound)
                let quote = try bench.reader.lastQuote(ofInstrument: id, before: before)
                #expect(quote == quotes.last { $0.instrumentID == id && $0.tsRecv < before })
                let trade = try bench.reader.lastTrade(ofInstrument: id, before: before)
                #expect(trade == trades.last { $0.instrumentID == id && $0.tsRecv < before })
            }
        }
        #expect(try bench.reader.timeBounds() == UnixNanoseconds(.min)...UnixNanoseconds(.max))
    }

    @Test("a recording without rows gives no rows, no bounds and no error")
    func empty() async throws {
        let directory = try TemporaryDirectory()
        let writer = try ArchiveWriter.open(directory: directory.path, day: "2026-01-05")
        for isClosed in [false, true] {
            if isClosed { await writer.close() }
            let reader = try ArchiveReader(path: writer.path)
            #expect(try reader.blocks().rest() == [] && reader.quotes().rows() == [] && reader.trades().rows() == [])
            #expect(try reader.marginUpdates().rows() == [] && reader.events().rows() == [])
            #expect(try reader.timeBounds() == nil && reader.messageTimes() == nil && reader.lastMessageTime() == nil)
            #expect(try reader.lastMessageIndex() == -1 && reader.lastBarOpen() == nil)
            #expect(try reader.earliestTime(behind: -1) == nil && reader.messageTimes(ofConnection: 1) == nil)
            let summary = try reader.summary()
            #expect(summary.messageCount == 0 && summary.tsFirst == nil && summary.instruments.isEmpty)
            #expect(summary.eventCount == 0 && summary.gapCount == 0 && summary.barCount == 0)
            #expect(try reader.sessions() == [] && reader.feeds() == [] && reader.connections() == [])
            #expect(try reader.absences() == [] && reader.closedSpans() == [] && reader.gaps() == [])
            #expect(try Coverage(reader).least == 1)
        }
    }
}

extension RowCursor {
    /// All rows of a cursor that is used for nothing else.
    fileprivate func rows() throws -> [Row] {
        var cursor = self
        return try cursor.all()
    }
}

extension TickCursor {
    fileprivate func rows() throws -> [Row] {
        var cursor = self
        return try cursor.all()
    }
}

extension BlockCursor {
    fileprivate func rest() throws -> [Int64] {
        var cursor = self
        var connections: [Int64] = []
        while let (connectionID, _) = try cursor.next() { connections.append(connectionID) }
        return connections
    }
}
