import Archive
import JournalFormat
import MarketModel
import Testing

struct CursorTests {
    @Test("ticks of all instruments are merged in order, across pages", arguments: [1, 3, 700])
    func ticks(instruments: Int) async throws {
        let directory = try TemporaryDirectory()
        let recording = try await OpenRecording(directory)
        var random = SplitMix64(seed: UInt64(instruments))
        var batch = WriteBatch()
        batch.instruments = (1...instruments).map { instrument(Int64($0), "S\($0)") }
        batch.quotes = (0..<15_000).map { number in
            // Several ticks share a time, and several share a message.
            let id = Int64.random(in: 1...Int64(instruments), using: &random)
            return quote(id, Int64(number / 7), message: Int64(number / 3), item: Int64(number % 3))
        }
        let expected = batch.quotes
        batch.quotes.shuffle(using: &random)
        try await recording.writer.write(batch)
        let reader = try ArchiveReader(path: recording.writer.path)
        var all = try reader.quotes(ReadRange(messageIndexMax: 4999))
        #expect(try all.all() == expected)
        let range = ReadRange(from: time(500), to: time(1500), messageIndexMax: 3000)
        var part = try reader.quotes(range, instrumentIDs: [1])
        #expect(
            try part.all()
                == expected.filter {
                    $0.instrumentID == 1 && $0.tsRecv >= time(500) && $0.tsRecv < time(1500) && $0.messageIndex <= 3000
                }
        )
        await recording.writer.close()
    }

    @Test("blocks come in stored order or in time order, limited to the range")
    func blocks() async throws {
        let directory = try TemporaryDirectory()
        let recording = try await OpenRecording(directory)
        var batch = WriteBatch()
        batch.blocks = [
            try block(connectionID: 1, [0, 1].map { SampleMessage(index: $0, offset: 5000 + $0, payload: "a\($0)") }),
            try block(connectionID: 1, [2, 3].map { SampleMessage(index: $0, offset: 100 + $0, payload: "b\($0)") }),
        ]
        try await recording.writer.write(batch)
        let reader = try ArchiveReader(path: recording.writer.path)
        func payloads(_ range: ReadRange, _ order: BlockOrder) throws -> [[String]] {
            var cursor = try reader.blocks(range, order: order)
            var result: [[String]] = []
            while let (_, block) = try cursor.next() {
                result.append(
                    block.batch.entries.indices.map { String(decoding: block.batch.payload(at: $0), as: UTF8.self) }
                )
            }
            return result
        }
        #expect(try payloads(ReadRange(), .stored) == [["a0", "a1"], ["b2", "b3"]])
        #expect(try payloads(ReadRange(), .time) == [["b2", "b3"], ["a0", "a1"]])
        #expect(try payloads(ReadRange(from: time(103)), .time) == [["b3"], ["a0", "a1"]])
        #expect(try payloads(ReadRange(from: time(103), to: time(5001)), .stored) == [["a0"], ["b3"]])
        #expect(try payloads(ReadRange(from: time(9000)), .stored) == [])
        await recording.writer.close()
    }

    @Test("many blocks come in order, across fetches")
    func manyBlocks() async throws {
        let directory = try TemporaryDirectory()
        let recording = try await OpenRecording(directory)
        var batch = WriteBatch()
        for start in stride(from: Int64(0), to: 1000, by: 5) {
            batch.blocks.append(try block(connectionID: 1, indexes: start..<start + 5))
        }
        try await recording.writer.write(batch)
        let reader = try ArchiveReader(path: recording.writer.path)
        for order in [BlockOrder.stored, .time] {
            var cursor = try reader.blocks(order: order)
            var indexes: [Int64] = []
            while let (_, block) = try cursor.next() { indexes += block.messageIndexes }
            #expect(indexes == Array(0..<1000))
        }
        await recording.writer.close()
    }

    @Test("messages of interleaved connections come in order of their numbers", arguments: [nil, Int64(30)])
    func messages(from: Int64?) async throws {
        let directory = try TemporaryDirectory()
        let recording = try await OpenRecording(directory)
        let second = try await recording.writer.openConnection(ConnectionOpened(feedID: 1, tsOpened: time()))
        let third = try await recording.writer.openConnection(ConnectionOpened(feedID: 1, tsOpened: time()))
        var batch = WriteBatch()
        for (connectionID, indexes) in [
            (1, [Int64](0..<5) + [50]), (second, [5, 7, 20, 21, 49]), (third, [6] + Array(8..<20)),
            (third, Array(22..<49)), (1, Array(51..<60)),
        ] {
            batch.blocks.append(try block(connectionID: connectionID, indexes: indexes))
        }
        try await recording.writer.write(batch)
        let reader = try ArchiveReader(path: recording.writer.path)
        var cursor = try reader.messages(ReadRange(from: from.map { time($0 * 1000) } ?? UnixNanoseconds(.min)))
        var indexes: [Int64] = []
        while let run = try cursor.next() { indexes += run.block.messageIndexes[run.range] }
        #expect(indexes == Array((from ?? 0)..<60))
        await recording.writer.close()
    }

    @Test("rows added after a cursor was created are not returned")
    func growing() async throws {
        let directory = try TemporaryDirectory()
        let recording = try await OpenRecording(directory)
        var batch = WriteBatch()
        batch.instruments = [instrument(1, "A")]
        batch.blocks = [try block(connectionID: 1, indexes: 0...3)]
        batch.quotes = [quote(1, 0, message: 3)]
        try await recording.writer.write(batch)
        let reader = try ArchiveReader(path: recording.writer.path)
        var blocks = try reader.blocks()
        var quotes = try reader.quotes()
        batch = WriteBatch()
        batch.blocks = [try block(connectionID: 1, indexes: 0...8)]
        batch.quotes = [quote(1, 5, message: 8)]
        try await recording.writer.write(batch)
        #expect(try blocks.next()?.block.messageIndexes == [0, 1, 2, 3])
        #expect(try blocks.next() == nil)
        #expect(try quotes.all().count == 1)
        await recording.writer.close()
    }
}
