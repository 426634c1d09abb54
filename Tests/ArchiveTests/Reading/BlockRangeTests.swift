import Archive
import JournalFormat
import MarketModel
import Testing

/// Walks over random interleaved blocks, compared with a filter over all messages.
struct BlockRangeTests {
    /// Messages with the connection of each, and a reader of them.
    private struct Bench {
        let directory: TemporaryDirectory
        let reader: ArchiveReader
        var messages: [(connectionID: Int64, message: SampleMessage)] = []
        var random: SplitMix64

        init(seed: UInt64) async throws {
            random = SplitMix64(seed: seed)
            directory = try TemporaryDirectory()
            let recording = try await OpenRecording(directory)
            for _ in 0..<3 {
                _ = try await recording.writer.openConnection(ConnectionOpened(feedID: 1, tsOpened: time()))
            }
            var batch = WriteBatch()
            var pending: [Int64: [SampleMessage]] = [:]
            var clock: Int64 = 0
            for index in 0..<300 as Range<Int64> {
                let connectionID = random.number(1...4)
                let message = SampleMessage(index: index, offset: clock, payload: "m\(index)")
                messages.append((connectionID, message))
                pending[connectionID, default: []].append(message)
                // An import of files may go back in time.
                clock += random.oneIn(10) ? random.number(-100...0) : random.number(0...20)
                if random.oneIn(8) {
                    batch.blocks.append(
                        try block(connectionID: connectionID, pending.removeValue(forKey: connectionID) ?? [])
                    )
                }
            }
            for (connectionID, messages) in pending {
                batch.blocks.append(try block(connectionID: connectionID, messages))
            }
            try await recording.writer.write(batch)
            await recording.writer.close()
            reader = try ArchiveReader(path: recording.writer.path)
        }

        mutating func range() -> ReadRange {
            let from = random.oneIn(3) ? Int64.min : sampleTime + random.number(-200...1500)
            let to = random.oneIn(3) ? Int64.max : sampleTime + random.number(-200...1500)
            return ReadRange(
                from: UnixNanoseconds(from),
                to: UnixNanoseconds(to),
                messageIndexMax: random.oneIn(2) ? .max : random.number(-1...310),
                messageIndexBehind: random.oneIn(2) ? .min : random.number(-1...310)
            )
        }

        func numbers(_ range: ReadRange) -> [Int64] {
            messages.map(\.message).filter { range.contains(time($0.offset), $0.index) }.map(\.index)
        }
    }

    @Test("a walk returns the messages of its range once, each with its connection", arguments: Seeds.first(8))
    func walks(seed: UInt64) async throws {
        var bench = try await Bench(seed: seed)
        for round in 0..<12 {
            let range = round == 0 ? ReadRange() : bench.range()
            let expected = bench.numbers(range)
            let comment = "\(range)" as Comment
            for order in [BlockOrder.stored, .time] {
                var cursor = try bench.reader.blocks(range, order: order)
                var numbers: [Int64] = []
                var latest = UnixNanoseconds(.min)
                while let (connectionID, block) = try cursor.next() {
                    numbers += block.messageIndexes
                    #expect(block.messageIndexes.allSatisfy { bench.messages[Int($0)].connectionID == connectionID })
                    #expect(block.batch.count == block.messageIndexes.count && !block.batch.isEmpty)
                    if order == .time {
                        // All messages of later blocks are at or after the first time of this one.
                        #expect(cursor.tsFirst >= latest, comment)
                        latest = cursor.tsFirst
                        #expect(block.batch.entries.allSatisfy { $0.tsRecv >= latest }, comment)
                    }
                }
                #expect(numbers.sorted() == expected, comment)
            }
            var messages = try bench.reader.messages(range)
            var (numbers, texts): ([Int64], [String]) = ([], [])
            while let run = try messages.next() {
                numbers += run.messageNumbers
                texts += run.texts
            }
            #expect(numbers == expected, comment)
            #expect(texts == expected.map { "m\($0)" }, comment)
        }
    }

    @Test("the times of a connection and of later messages are those that a scan finds", arguments: Seeds.first(4))
    func times(seed: UInt64) async throws {
        let bench = try await Bench(seed: seed)
        let offsets = bench.messages.map(\.message.offset)
        let all = try bench.reader.messageTimes()
        #expect(all?.lowerBound == offsets.min().map { time($0) } && all?.upperBound == offsets.max().map { time($0) })
        #expect(try bench.reader.lastMessageTime() == all?.upperBound)
        #expect(try bench.reader.timeBounds() == all)
        #expect(try bench.reader.lastMessageIndex() == 299)
        for index in [-1, 0, 150, 298, 299, .max] as [Int64] {
            // The earliest time in the blocks that reach behind the number, so it is at or before that of the messages.
            let exact = bench.messages.map(\.message).filter { $0.index > index }.map(\.offset).min()
            let found = try bench.reader.earliestTime(behind: index)
            #expect((found == nil) == (exact == nil))
            if let found, let exact { #expect(found <= time(exact)) }
        }
        let first = try #require(try bench.reader.messageTimes(ofConnection: 1))
        let own = bench.messages.filter { $0.connectionID == 1 }.map(\.message.offset)
        #expect(first.lowerBound.rawValue >= sampleTime + (own.min() ?? 0))
        #expect(try bench.reader.messageTimes(ofConnection: 99) == nil)
    }
}
