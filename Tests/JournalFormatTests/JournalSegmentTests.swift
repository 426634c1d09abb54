import JournalFormat
import MarketModel
import Testing

/// Written records are read back, whatever happened to the segment in between.
struct JournalSegmentTests {
    /// The fields of a record that a test compares.
    private struct Seen: Hashable {
        var kind: JournalRecordKind
        var key: UInt64
        var sequence: UInt64
        var ts: Int64
        var direction: MessageDirection
        var messageKind: MessageKind
        var payload: [UInt8]
    }

    private struct Reading: Equatable {
        var records: [Seen] = []
        var ending: JournalSegmentReader.Ending?
    }

    /// A segment left behind by a process: its bytes, and where each record ends.
    private struct Segment {
        var bytes: [UInt8]
        var ends: [Int] = []
        var used = 0
    }

    private static func read(_ bytes: [UInt8]) -> Reading? {
        bytes.withUnsafeBytes { bytes in
            guard var reader = JournalSegmentReader(bytes) else { return nil }
            var reading = Reading()
            while let record = reader.next() {
                reading.records.append(
                    Seen(
                        kind: record.kind,
                        key: record.connectionKey,
                        sequence: record.sequence,
                        ts: record.tsRecv.rawValue,
                        direction: record.direction,
                        messageKind: record.messageKind,
                        payload: Array(record.payload)
                    )
                )
            }
            reading.ending = reader.ending
            return reading
        }
    }

    /// Writes `batches` into memory that contains `bytes` already; messages that do not fit are left out.
    private static func write(_ batches: [MessageBatch], number: UInt64, over bytes: [UInt8]) -> Segment {
        var segment = Segment(bytes: bytes)
        segment.bytes.withUnsafeMutableBytes { memory in
            var writer = JournalSegmentWriter(memory, number: number)
            let opened = JournalConnection(file: "a.feedrec", feedID: 7, venue: "mt4", bars: "1s").payload
            _ = writer.append(.connectionOpened, connectionKey: 99, tsRecv: UnixNanoseconds(5), payload: opened)
            segment.ends.append(writer.position)
            var (received, sent): (UInt64, UInt64) = (0, 0)
            for batch in batches {
                let stop = writer.append(batch, from: 0, connectionKey: 99, received: &received, sent: &sent)
                if stop == batch.count { segment.ends.append(writer.position) }
            }
            segment.used = writer.position
        }
        return segment
    }

    private static func batches(_ generator: inout SplitMix64) -> [MessageBatch] {
        (0..<Int.random(in: 0...12, using: &generator)).map { _ in
            var batch = MessageBatch()
            let count = Int.random(in: 0...70, using: &generator)
            batch.append(
                (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) },
                kind: Bool.random(using: &generator) ? .text : .binary,
                direction: Bool.random(using: &generator) ? .received : .sent,
                tsRecv: UnixNanoseconds(Int64.random(in: .min ... .max, using: &generator))
            )
            return batch
        }
    }

    @Test("written messages are read back, numbered per direction", arguments: 0..<50 as Range<UInt64>)
    func roundTrip(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        let batches = Self.batches(&generator)
        let segment = Self.write(batches, number: seed + 1, over: [UInt8](repeating: 0, count: 4096))
        let reading = try #require(Self.read(segment.bytes))
        #expect(reading.ending == .end)
        #expect(reading.records.first?.kind == .connectionOpened)
        let messages = reading.records.dropFirst()
        #expect(messages.map(\.payload) == batches.map { $0.payload(at: 0) })
        #expect(messages.map(\.direction) == batches.map { $0.entries[0].direction })
        #expect(messages.map(\.messageKind) == batches.map { $0.entries[0].kind })
        #expect(messages.map(\.ts) == batches.map { $0.entries[0].tsRecv.rawValue })
        for direction in [MessageDirection.received, .sent] {
            let sequences = messages.filter { $0.direction == direction }.map(\.sequence)
            #expect(sequences == Array((0..<UInt64(sequences.count)).map { $0 + 1 }))
        }
    }

    @Test("a connection record says where its messages belong")
    func connection() throws {
        let connection = JournalConnection(file: "2026-01-05.feedrec", feedID: -3, venue: "binance-spot", bars: "1s,1m")
        #expect(connection.payload.withUnsafeBytes { JournalConnection($0) } == connection)
        #expect([UInt8]("x".utf8).withUnsafeBytes { JournalConnection($0) } == nil)
    }

    @Test("a full segment accepts no more, and is read to its end")
    func full() throws {
        var batch = MessageBatch()
        for _ in 0..<100 { batch.append([UInt8](repeating: 1, count: 9), direction: .received, tsRecv: .init(1)) }
        let segment = Self.write([batch], number: 1, over: [UInt8](repeating: 0xFF, count: 2000))
        let reading = try #require(Self.read(segment.bytes))
        #expect(reading.ending == .end)
        #expect(reading.records.count == 1 + (2000 - 8 - segment.ends[0]) / 56)
    }

    @Test("a segment cut anywhere gives its complete records", arguments: 0..<5 as Range<UInt64>)
    func cut(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        let segment = Self.write(Self.batches(&generator), number: 3, over: [UInt8](repeating: 0, count: 2048))
        let whole = try #require(Self.read(segment.bytes))
        for count in 0..<segment.used {
            let reading = Self.read(Array(segment.bytes[..<count]))
            guard count >= JournalSegmentHeader.byteCount else {
                #expect(reading == nil)
                continue
            }
            let records = try #require(reading).records
            #expect(records == Array(whole.records.prefix(records.count)))
            // The padding before the next record may be missing.
            #expect(records.count >= segment.ends.count { $0 <= count })
        }
    }

    @Test("one changed byte loses the records from there on, and is reported", arguments: 0..<5 as Range<UInt64>)
    func changed(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        let segment = Self.write(Self.batches(&generator), number: 3, over: [UInt8](repeating: 0, count: 2048))
        let whole = try #require(Self.read(segment.bytes))
        for position in JournalSegmentHeader.byteCount..<segment.used {
            var bytes = segment.bytes
            bytes[position] ^= UInt8.random(in: 1...255, using: &generator)
            let reading = try #require(Self.read(bytes))
            #expect(reading.records == Array(whole.records.prefix(reading.records.count)))
            let before = segment.ends.count { $0 <= position }
            #expect(reading.records.count == before || reading.records.count == whole.records.count)
            guard reading.records.count < whole.records.count, case .torn(let offset, _, _) = reading.ending else {
                continue
            }
            #expect(offset <= position)
        }
    }

    @Test("records of an earlier use of the file are never taken for new ones", arguments: 0..<30 as Range<UInt64>)
    func recycled(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        let old = Self.write(
            (0..<5).flatMap { _ in Self.batches(&generator) },
            number: 8,
            over: .init(repeating: 0, count: 2048)
        )
        let batches = Self.batches(&generator)
        let new = Self.write(batches, number: 9, over: old.bytes)
        let reading = try #require(Self.read(new.bytes))
        #expect(reading.ending == .end)
        #expect(reading.records.dropFirst().map(\.payload) == batches.map { $0.payload(at: 0) })
        // As after a power failure that kept the old page after any byte of the new ones.
        for position in JournalSegmentHeader.byteCount..<new.used {
            let mixed = Array(new.bytes[..<position]) + Array(old.bytes[position...])
            let records = try #require(Self.read(mixed)).records
            #expect(records == Array(reading.records.prefix(records.count)))
        }
    }

    @Test("arbitrary bytes never trap", arguments: 0..<200 as Range<UInt64>)
    func anything(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        var segment = Self.write(Self.batches(&generator), number: 2, over: [UInt8](repeating: 0, count: 1024))
        for _ in 0..<Int.random(in: 1...40, using: &generator) {
            let position = Int.random(in: 64..<1024, using: &generator)
            segment.bytes[position] = UInt8.random(in: 0...255, using: &generator)
        }
        let reading = try #require(Self.read(segment.bytes))
        #expect(reading.ending != nil)
        _ = Self.read((0..<300).map { _ in UInt8.random(in: 0...255, using: &generator) })
    }
}
