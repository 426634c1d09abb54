import MarketModel
import OrderBooks
import Testing

struct BookCheckpointTests {
    /// A stream of one book with holes, repeats and new snapshots.
    private func stream(rule: BookRule, seed: UInt64, count: Int) -> (messages: [BookMessage], levels: [BookLevel]) {
        var venue = SyntheticVenue(rule: rule, seed: seed)
        for _ in 0..<count { venue.step() }
        return (venue.messages, venue.levels)
    }

    @Test(arguments: SyntheticVenue.rules.indices, [UInt64(1), 2, 3])
    func `continuing from a checkpoint equals continuing from the start`(rule: Int, seed: UInt64) throws {
        let rule = SyntheticVenue.rules[rule]
        let (messages, levels) = stream(rule: rule, seed: seed, count: 300)
        var keeper = BookKeeper(rule: rule)
        var continued = BookKeeper(rule: rule)
        for (index, message) in messages.enumerated() {
            // Every state is stored and continued.
            continued.restore(try BookCheckpoint(bytes: keeper.checkpoint.bytes))
            #expect(continued.checkpoint.bytes == keeper.checkpoint.bytes)
            let effect = keeper.apply(message, levels: levels)
            #expect(continued.apply(message, levels: levels) == effect, "seed \(seed), message \(index)")
            #expect(continued.book == keeper.book && continued.invalidity == keeper.invalidity)
        }
        #expect(keeper.counts.states > 20)
    }

    @Test func `a book of thousands of levels is a few bytes per level`() throws {
        var book = OrderBook()
        for index in 0..<5000 {
            let size = FixedDecimal(mantissa: Int64(index % 97 + 1) * 1000, digits: 5)
            book.apply(
                BookLevel(side: .bid, price: FixedDecimal(mantissa: Int64(600_000 - index), digits: 2), size: size)
            )
            book.apply(
                BookLevel(side: .ask, price: FixedDecimal(mantissa: Int64(600_001 + index), digits: 2), size: size)
            )
        }
        var script = KeeperScript { _ in }
        let levels = Array(book.bids) + Array(book.asks)
        var message = BookMessage(origin: EventOrigin(message: 0, item: 0), book: BookIndex(0), kind: .snapshot)
        message.levels = 0..<levels.count
        #expect(script.keeper.apply(message, levels: levels) == .state(began: true))
        let bytes = script.keeper.checkpoint.bytes
        #expect(bytes.count < 6 * levels.count)
        #expect(try BookCheckpoint(bytes: bytes).book == book)
    }

    @Test func `prices at the ends of the number range survive`() throws {
        var script = KeeperScript { _ in }
        try script.apply(
            .snapshot,
            "b 9223372036854775806 1,b 1.000000000000000001 5,b -9223372036854775808 0.000000000000000001,"
                + "a 9223372036854775807 9223372036854775807"
        )
        #expect(try BookCheckpoint(bytes: script.keeper.checkpoint.bytes) == script.keeper.checkpoint)
        #expect(script.bids.count == 3)
    }

    @Test func `every truncation and every changed byte is an error`() throws {
        let rule = SyntheticVenue.rules[1]
        var venue = SyntheticVenue(rule: rule, seed: 5)
        var keeper = BookKeeper(rule: rule)
        for _ in 0..<60 { venue.step() }
        for message in venue.messages.prefix(60) { _ = keeper.apply(message, levels: venue.levels) }
        let bytes = keeper.checkpoint.bytes
        for length in bytes.indices {
            #expect(throws: CheckpointError.self) { try BookCheckpoint(bytes: Array(bytes[..<length])) }
        }
        for index in bytes.indices {
            var damaged = bytes
            damaged[index] ^= 0x41
            #expect(throws: CheckpointError.self) { try BookCheckpoint(bytes: damaged) }
        }
    }

    /// With a correct checksum, so that the content itself is read; what is accepted is written as the same bytes.
    @Test func `hostile bytes with a right checksum never trap`() throws {
        var random = SplitMix64(seed: 11)
        var accepted = 0
        for rule in SyntheticVenue.rules {
            let (messages, levels) = stream(rule: rule, seed: 3, count: 40)
            var keeper = BookKeeper(rule: rule)
            for message in messages {
                _ = keeper.apply(message, levels: levels)
                let bytes = keeper.checkpoint.bytes
                for _ in 0..<40 {
                    var damaged = Array(bytes.dropLast(4))
                    for _ in 0..<Int.random(in: 1...3, using: &random) {
                        damaged[Int.random(in: 1..<damaged.count, using: &random)] = UInt8.random(
                            in: 0...255,
                            using: &random
                        )
                    }
                    damaged.append(contentsOf: Self.checksum(of: damaged))
                    guard let checkpoint = try? BookCheckpoint(bytes: damaged) else { continue }
                    accepted += 1
                    #expect(checkpoint.bytes == damaged)
                    var other = BookKeeper(rule: rule)
                    other.restore(checkpoint)
                    _ = other.apply(message, levels: levels)
                }
            }
        }
        #expect(accepted > 0)
    }

    /// CRC-32 (IEEE), bit by bit.
    private static func checksum(of bytes: [UInt8]) -> [UInt8] {
        var sum = UInt32.max
        for byte in bytes {
            sum ^= UInt32(byte)
            for _ in 0..<8 { sum = sum & 1 == 1 ? sum >> 1 ^ 0xEDB8_8320 : sum >> 1 }
        }
        sum = ~sum
        return [0, 8, 16, 24].map { UInt8(truncatingIfNeeded: sum >> $0) }
    }
}
