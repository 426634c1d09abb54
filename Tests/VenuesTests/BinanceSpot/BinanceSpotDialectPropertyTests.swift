import MarketModel
import Testing
import Venues

struct BinanceSpotDialectPropertyTests {
    private static let messages = [
        SpotSample.combined("btcusdt@bookTicker", SpotSample.bookTicker),
        SpotSample.combined("btcusdt@trade", SpotSample.trade),
        SpotSample.combined("nknusdt@aggTrade", SpotSample.aggregateTrade), SpotSample.bookTicker,
        SpotSample.trade,
        SpotSample.aggregateTrade,
    ]

    /// White space at the start forces the slow reader, and changes nothing else.
    private func check(_ payload: [UInt8], _ note: Comment) {
        var usual = MessageBatch()
        usual.append(payload, direction: .received, tsRecv: UnixNanoseconds(0))
        var padded = MessageBatch()
        padded.append([0x20] + payload, direction: .received, tsRecv: UnixNanoseconds(0))
        let left = read(usual)
        let right = read(padded)
        #expect(left.events.quotes == right.events.quotes && left.events.trades == right.events.trades, note)
        #expect(symbols(left.dialect) == symbols(right.dialect), note)
    }

    private func symbols(_ dialect: BinanceDialect) -> [String] {
        (0..<dialect.symbols.count).map { dialect.symbols.text(of: SymbolIndex(Int32($0))) }
    }

    @Test("the fast and the slow reader give the same result after any change of one byte", arguments: messages.indices)
    func singleByteChanges(index: Int) {
        let original = Array(Self.messages[index].utf8)
        for position in original.indices {
            for byte in Array(#"09.-+eE"\{}[],: xtu"#.utf8) + [0, 0x1F, 0x7F, 0x80, 0xFF] {
                var changed = original
                changed[position] = byte
                check(changed, "message \(index), byte \(position) set to \(byte)")
            }
            var shorter = original
            shorter.remove(at: position)
            check(shorter, "message \(index), byte \(position) removed")
            check(Array(original[..<position]), "message \(index) cut at \(position)")
        }
    }

    @Test("the fast and the slow reader give the same result for decimals of any length")
    func decimals() {
        var generator = SplitMix64(seed: 42)
        for round in 0..<2000 {
            let integer = String(generator.next()).prefix(Int.random(in: 0...12, using: &generator))
            let fraction = String(generator.next()).prefix(Int.random(in: 0...12, using: &generator))
            let text = Bool.random(using: &generator) ? "\(integer).\(fraction)" : String(integer)
            let message = SpotSample.bookTicker.replacing("61837.64000000", with: text)
            check(Array(message.utf8), "seed 42, round \(round), \(text)")
        }
    }

    @Test("the split of messages into batches changes nothing")
    func batches() {
        var simulator = BinanceSimulator(
            seed: 7,
            symbols: ["BTCUSDT", "ETHUSDT"],
            ratePerSecond: 1000,
            start: UnixNanoseconds(0)
        )
        var all = MessageBatch()
        simulator.next(500, into: &all)
        let whole = read(all).events
        var dialect = BinanceDialect(streams: [])
        var events = MarketEvents()
        var outgoing = MessageBatch()
        for index in 0..<all.count {
            var one = MessageBatch()
            one.append(messageAt: index, of: all)
            _ = dialect.receive(one, now: UnixNanoseconds(0), events: &events, outgoing: &outgoing)
        }
        #expect(whole.quotes.count + whole.trades.count == 500 && outgoing.isEmpty)
        #expect(whole.quotes.map(\.bidPrice) == events.quotes.map(\.bidPrice))
        #expect(whole.quotes.map(\.symbol) == events.quotes.map(\.symbol))
        #expect(whole.trades.map(\.tradeID) == events.trades.map(\.tradeID))
    }
}
