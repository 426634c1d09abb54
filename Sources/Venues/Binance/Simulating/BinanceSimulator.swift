package import MarketModel

/// A deterministic source of Binance spot messages: the same seed, streams, rate and start give the same bytes.
///
/// Streams take turns at random. Prices move by single ticks of 0.01. Update IDs grow by 1 to 9, trade IDs by one. A
/// trade happens at the current bid or ask. Streams other than `<symbol>@bookTicker` and `<symbol>@trade` stay silent,
/// as unknown streams do at the venue.
package struct BinanceSimulator: Sendable {
    private var generator: SplitMix64
    private var streams: [BinanceSimulatedStream] = []
    private var markets: [BinanceSimulatedMarket] = []
    private let ratePerSecond: Int64
    private let start: UnixNanoseconds
    private var messageCount: Int64 = 0

    /// Makes a simulator.
    ///
    /// Message `n` arrives at `start` plus `n / ratePerSecond` seconds; a rate below one counts as one.
    package init(seed: UInt64, streams names: [String], ratePerSecond: Int, start: UnixNanoseconds) {
        generator = SplitMix64(seed: seed)
        self.ratePerSecond = Int64(max(1, ratePerSecond))
        self.start = start
        var marketOfSymbol: [String: Int] = [:]
        for name in names {
            let pieces = name.split(separator: "@", maxSplits: 1)
            guard pieces.count == 2, pieces[1] == "bookTicker" || pieces[1] == "trade" else { continue }
            let symbol = String(pieces[0])
            let market = marketOfSymbol[symbol] ?? markets.count
            if market == markets.count { markets.append(BinanceSimulatedMarket(using: &generator)) }
            marketOfSymbol[symbol] = market
            streams.append(
                BinanceSimulatedStream(name: name, symbol: symbol, market: market, isTrade: pieces[1] == "trade")
            )
        }
    }

    /// Makes a simulator of `bookTicker` and `trade` for each symbol.
    package init(seed: UInt64, symbols: [String], ratePerSecond: Int, start: UnixNanoseconds) {
        let streams = symbols.flatMap { ["\($0.lowercased())@bookTicker", "\($0.lowercased())@trade"] }
        self.init(seed: seed, streams: streams, ratePerSecond: ratePerSecond, start: start)
    }

    /// Appends the next `count` messages as received messages; none if there is no stream to simulate.
    ///
    /// Messages have the envelope unless `combined` is false. ``BinanceSession`` selects from the combined form
    /// what its client subscribed to.
    package mutating func next(_ count: Int, combined: Bool = true, into batch: inout MessageBatch) {
        guard !streams.isEmpty else { return }
        batch.entries.reserveCapacity(batch.entries.count + count)
        batch.bytes.reserveCapacity(batch.bytes.count + count * 192)
        for _ in 0..<count {
            let time = nextTime()
            let random = generator.next()
            let stream = Int(truncatingIfNeeded: (random >> 32) % UInt64(streams.count))
            let offset = batch.bytes.count
            write(streams[stream], at: time, random, combined: combined, to: &batch.bytes)
            batch.entries.append(
                MessageBatch.Entry(
                    offset: offset,
                    length: batch.bytes.count - offset,
                    tsRecv: time,
                    direction: .received,
                    kind: .text
                )
            )
        }
    }

    private mutating func nextTime() -> UnixNanoseconds {
        let (seconds, rest) = messageCount.quotientAndRemainder(dividingBy: ratePerSecond)
        messageCount += 1
        return start.advanced(by: .seconds(seconds) + .nanoseconds(rest * 1_000_000_000 / ratePerSecond))
    }

    private mutating func write(
        _ stream: BinanceSimulatedStream,
        at time: UnixNanoseconds,
        _ random: UInt64,
        combined: Bool,
        to bytes: inout [UInt8]
    ) {
        if combined { bytes.append(contentsOf: stream.envelope) }
        if stream.isTrade {
            markets[stream.market].writeTrade(of: stream, at: time.rawValue / 1_000_000, random, to: &bytes)
        } else {
            markets[stream.market].writeBookTicker(of: stream, random, to: &bytes)
        }
        if combined { bytes.append(UInt8(ascii: "}")) }
    }
}

/// A stream, and the constant parts of its messages.
struct BinanceSimulatedStream: Sendable {
    /// The envelope up to its data, `{"stream":"btcusdt@trade","data":`.
    let envelope: [UInt8]
    /// The symbol and the next key: `,"s":"BTCUSDT","t":` for a trade, `,"s":"BTCUSDT","b":"` for a bookTicker.
    let symbol: [UInt8]
    let market: Int
    let isTrade: Bool

    init(name: String, symbol: String, market: Int, isTrade: Bool) {
        envelope = Array("{\"stream\":\"\(name)\",\"data\":".utf8)
        self.symbol = Array(",\"s\":\"\(symbol.uppercased())\",\(isTrade ? "\"t\":" : "\"b\":\"")".utf8)
        self.market = market
        self.isTrade = isTrade
    }
}
