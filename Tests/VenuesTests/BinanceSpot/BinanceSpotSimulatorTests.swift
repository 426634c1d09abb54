import MarketModel
import Testing
import Venues

struct BinanceSpotSimulatorTests {
    private func simulated(seed: UInt64, chunks: [Int], combined: Bool = true) -> MessageBatch {
        var simulator = BinanceSimulator(
            seed: seed,
            streams: ["btcusdt@bookTicker", "btcusdt@trade", "ethusdt@bookTicker", "ethusdt@trade", "btcusdt@ticker"],
            ratePerSecond: 3,
            start: UnixNanoseconds(1_700_000_000_000_000_000)
        )
        var batch = MessageBatch()
        for chunk in chunks { simulator.next(chunk, combined: combined, into: &batch) }
        return batch
    }

    @Test("only the seed decides the bytes, not the batch sizes")
    func deterministic() {
        let one = simulated(seed: 1, chunks: [1000])
        let two = simulated(seed: 1, chunks: [1, 2, 0, 497, 500])
        #expect(one.bytes == two.bytes && one.entries == two.entries)
        #expect(simulated(seed: 2, chunks: [1000]).bytes != one.bytes)
    }

    @Test("every message is one the venue could have sent", arguments: [true, false])
    func readable(combined: Bool) throws {
        let batch = simulated(seed: 3, chunks: [2000], combined: combined)
        let (events, outcome, dialect) = read(batch)
        #expect(outcome.dataMessages == 2000 && events.venueEvents.isEmpty)
        #expect(events.quotes.count + events.trades.count == 2000 && events.quotes.count > 800)
        for symbol in 0..<dialect.symbols.count {
            let quotes = events.quotes.filter { $0.symbol.value == symbol }
            let trades = events.trades.filter { $0.symbol.value == symbol }
            let ids = trades.compactMap(\.tradeID)
            #expect(zip(ids, ids.dropFirst()).allSatisfy { $0 + 1 == $1 } && ids.count > 300)
            let updates = quotes.compactMap(\.sequence)
            #expect(zip(updates, updates.dropFirst()).allSatisfy { $0 < $1 })
            #expect(
                quotes.allSatisfy { quote in
                    guard let bid = quote.bidPrice, let ask = quote.askPrice else { return false }
                    return ask.mantissa == bid.mantissa + 1_000_000 && bid.digits == 8
                }
            )
            #expect(quotes.allSatisfy { $0.bidSize?.isPositive == true && $0.askSize?.isPositive == true })
            for trade in trades {
                let tsRecv = batch.entries[trade.origin.message].tsRecv
                #expect(trade.tsEvent?.rawValue == tsRecv.rawValue / 1_000_000 * 1_000_000)
            }
        }
    }

    @Test("messages are evenly spaced at the rate")
    func pace() {
        let times = simulated(seed: 1, chunks: [7]).entries.map { $0.tsRecv.rawValue - 1_700_000_000_000_000_000 }
        #expect(times == [0, 333_333_333, 666_666_666, 1_000_000_000, 1_333_333_333, 1_666_666_666, 2_000_000_000])
    }

    @Test("a session selects its client's streams")
    func session() {
        var session = BinanceSession(path: "/ws/btcusdt@trade")
        let batch = simulated(seed: 1, chunks: [200])
        var output = MessageBatch()
        session.deliver(batch, 0..<200, into: &output)
        #expect(output.entries.allSatisfy { $0.direction == .sent })
        for index in output.entries.indices { output.entries[index].direction = .received }
        let (events, _, dialect) = read(output)
        #expect(events.trades.count == output.count && output.count > 20 && dialect.symbols.count == 1)
    }

    @Test("without a stream to simulate there is no message")
    func silence() {
        var simulator = BinanceSimulator(seed: 1, streams: ["x@ticker"], ratePerSecond: 0, start: UnixNanoseconds(0))
        var batch = MessageBatch()
        simulator.next(10, into: &batch)
        #expect(batch.isEmpty)
    }
}
