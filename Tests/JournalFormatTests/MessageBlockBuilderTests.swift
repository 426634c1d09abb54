import JournalFormat
import MarketModel
import Testing

struct MessageBlockBuilderTests {
    @Test("messages survive encoding and decoding, with and without compression", arguments: 0..<300)
    func roundTrip(run: Int) throws {
        let seed = UInt64(run) &* 0x2545_F491_4F6C_DD1D
        var generator = SplitMix64(seed: seed)
        let samples = [Sample].random(using: &generator)
        for compressor in [nil, ZstdCompressor(level: 1)] {
            let block = try samples.builder().encode(with: compressor)
            let decoded = try BlockDecoder().decode(block.bytes)
            #expect(decoded.samples == samples, "seed \(seed)")
            #expect(block.messageCount == samples.count, "seed \(seed)")
            #expect(block.firstMessageIndex == samples.first?.index, "seed \(seed)")
            #expect(block.lastMessageIndex == samples.last?.index, "seed \(seed)")
            #expect(block.tsFirst.rawValue == samples.map(\.time).min(), "seed \(seed)")
            #expect(block.tsLast.rawValue == samples.map(\.time).max(), "seed \(seed)")
            #expect(block.payloadBytes == samples.map(\.payload.count).reduce(0, +), "seed \(seed)")
        }
    }

    @Test("part of a batch gives the same block as its messages one by one, in any order of payloads")
    func batchesAndSingles() throws {
        var batch = MessageBatch()
        for number in 0..<10 {
            batch.append(
                Array("message \(number)".utf8),
                kind: number % 3 == 0 ? .binary : .text,
                direction: number % 4 == 0 ? .sent : .received,
                tsRecv: UnixNanoseconds(Int64(number * number))
            )
        }
        batch.entries.swapAt(3, 7)
        var whole = MessageBlockBuilder()
        whole.append(batch: batch, range: 2..<6, firstMessageIndex: 40)
        whole.append(batch: batch, range: 6..<6, firstMessageIndex: 0)
        whole.append(batch: batch, range: 6..<10, firstMessageIndex: 50)
        let singles = (2..<10).map { number in
            Sample(
                payload: batch.payload(at: number),
                kind: batch.entries[number].kind,
                direction: batch.entries[number].direction,
                time: batch.entries[number].tsRecv.rawValue,
                index: Int64(number < 6 ? 38 + number : 44 + number)
            )
        }
        #expect(try whole.encode(with: nil) == singles.builder().encode(with: nil))
    }

    @Test("raised indexes give the same block as appending with those indexes", arguments: 0..<50)
    func settling(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        var (raised, plain) = (MessageBlockBuilder(), MessageBlockBuilder())
        var provisional = Int64(0)
        for round in 0..<8 {
            var batch = MessageBatch()
            for number in 0..<Int.random(in: 0...3, using: &generator) {
                batch.append(Array("\(round).\(number)".utf8), direction: .received, tsRecv: UnixNanoseconds(0))
            }
            let offset = [0, 1, 200, 1 << 40].randomElement(using: &generator) ?? 0
            let count = Int.random(in: 0...2, using: &generator)
            for _ in 0..<count {
                raised.append(batch: batch, firstMessageIndex: provisional)
                plain.append(batch: batch, firstMessageIndex: provisional + Int64(offset))
                provisional += Int64(batch.count) + 1
            }
            raised.settleIndexes(raisedBy: Int64(offset))
            provisional += Int64(offset)
            guard !plain.isEmpty else { continue }
            #expect(try raised.encode(with: nil) == plain.encode(with: nil), "seed \(seed)")
        }
    }

    @Test("encoding does not change the builder, so a tail block can grow")
    func encodingKeepsMessages() throws {
        let compressor = ZstdCompressor()
        var builder = MessageBlockBuilder()
        for (number, sample) in [Sample].small.enumerated() {
            builder.append(sample)
            let first = try builder.encode(with: compressor)
            #expect(try builder.encode(with: compressor) == first)
            #expect(try BlockDecoder().decode(first.bytes).samples == Array([Sample].small[...number]))
        }
    }

    @Test("a cleared builder starts again")
    func removeAll() throws {
        var builder = [Sample].small.builder()
        builder.removeAll()
        #expect(builder.isEmpty && builder.payloadBytes == 0 && builder.bodyBytes == 0)
        let early = Sample("x", time: -9, index: 0)
        builder.append(early)
        #expect(try builder.encode(with: nil) == [early].builder().encode(with: nil))
    }

    @Test("a body that zstd cannot make smaller is stored uncompressed")
    func incompressibleBody() throws {
        let samples = [Sample("x", time: 1, index: 1)]
        #expect(try samples.block(with: ZstdCompressor()) == samples.block(with: nil))
    }

    @Test("times and indexes at the ends of their range survive")
    func extremes() throws {
        let samples = [
            Sample("a", time: .min, index: 0),
            Sample("b", time: .max, index: 1),
            Sample("c", time: .min, index: .max - 1),
            Sample("d", time: 0, index: .max),
        ]
        let block = try samples.builder().encode(with: nil)
        #expect(try BlockDecoder().decode(block.bytes).samples == samples)
        #expect(block.tsFirst.rawValue == .min && block.tsLast.rawValue == .max)
    }

    @Test("exceeding a block's payload limit is an error, and can be checked beforehand")
    func payloadLimit() {
        var builder = MessageBlockBuilder()
        let payload = [UInt8](repeating: 0x20, count: BlockLimits.payloadBytesMax)
        builder.append(Sample(payload: payload, kind: .text, direction: .received, time: 0, index: 0))
        #expect(!builder.hasRoom(forPayloadBytes: 1))
        #expect(builder.hasRoom(forPayloadBytes: 0))
        builder.append(Sample("x", time: 0, index: 1))
        let error = #expect(throws: BlockError.self) { try builder.encode(with: nil) }
        #expect(error?.code == .limitExceeded)
    }
}
