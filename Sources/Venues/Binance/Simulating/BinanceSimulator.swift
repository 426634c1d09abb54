package import MarketModel

/// A deterministic source of Binance's messages: the same seed, streams, rate and start give the same bytes.
///
/// Streams take turns at random. Prices move by single ticks of 0.01. Update IDs grow by 1 to 9, trade IDs by one. A
/// trade happens at the current bid or ask. Changes of a book continue without a hole, and agree with the quotes.
/// Streams of other kinds stay silent, as unknown streams do at the venue.
package struct BinanceSimulator: Sendable {
    private let market: BinanceMarket
    private var generator: SplitMix64
    private var streams: [BinanceSimulatedStream] = []
    private var markets: [BinanceSimulatedMarket] = []
    private let ratePerSecond: Int64
    private let start: UnixNanoseconds
    private var messageCount: Int64 = 0

    /// Makes a simulator.
    ///
    /// Message `n` arrives at `start` plus `n / ratePerSecond` seconds; a rate below one counts as one.
    package init(
        _ market: BinanceMarket = .spot,
        seed: UInt64,
        streams names: [String],
        ratePerSecond: Int,
        start: UnixNanoseconds
    ) {
        self.market = market
        generator = SplitMix64(seed: seed)
        self.ratePerSecond = Int64(max(1, ratePerSecond))
        self.start = start
        let known = names.compactMap { BinanceSimulatedStream.Place(name: $0, market) }
        let withBook = Set(known.filter(\.kind.isBook).map(\.symbol))
        var marketOfSymbol: [String: Int] = [:]
        for place in known {
            let index = marketOfSymbol[place.symbol] ?? markets.count
            if index == markets.count { addMarket(place.symbol, seed, hasBook: withBook.contains(place.symbol)) }
            marketOfSymbol[place.symbol] = index
            if case .bookTicker = place.kind { markets[index].isQuoted = true }
            streams.append(BinanceSimulatedStream(place, market: index))
        }
    }

    private mutating func addMarket(_ symbol: String, _ seed: UInt64, hasBook: Bool) {
        markets.append(
            hasBook
                ? BinanceSimulatedMarket(market, seed: seed, symbol: symbol)
                : BinanceSimulatedMarket(market, using: &generator)
        )
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
        let milliseconds = time.rawValue / 1_000_000
        switch stream.kind {
        case .trade: markets[stream.market].writeTrade(of: stream, at: milliseconds, random, to: &bytes)
        case .aggregate: markets[stream.market].writeAggregate(of: stream, at: milliseconds, random, to: &bytes)
        case .bookTicker: markets[stream.market].writeBookTicker(of: stream, at: milliseconds, random, to: &bytes)
        case .depth: markets[stream.market].writeDepth(of: stream, at: milliseconds, random, to: &bytes)
        case .partialDepth(let count):
            markets[stream.market].writePartialDepth(count, of: stream, at: milliseconds, to: &bytes)
        case .markPrice: markets[stream.market].writeMarkPrice(of: stream, at: milliseconds, to: &bytes)
        }
        if combined { bytes.append(UInt8(ascii: "}")) }
    }
}

/// A stream, and the constant parts of its messages.
struct BinanceSimulatedStream: Sendable {
    enum Kind: Sendable, Hashable {
        case trade, aggregate, bookTicker, depth, markPrice
        case partialDepth(Int)

        var isBook: Bool {
            switch self {
            case .depth, .partialDepth: true
            default: false
            }
        }

        /// The first key after the symbol, up to its value.
        fileprivate var nextKey: String {
            switch self {
            case .trade: #""t":"#
            case .aggregate: #""a":"#
            case .bookTicker: #""b":""#
            case .depth, .partialDepth: #""U":"#
            case .markPrice: #""p":""#
            }
        }
    }

    /// A stream's name, and what it means.
    struct Place {
        let name: String
        let symbol: String
        let kind: Kind

        /// `nil` for streams that are not simulated.
        init?(name: String, _ market: BinanceMarket) {
            let pieces = name.split(separator: "@", maxSplits: 1)
            guard pieces.count == 2, let kind = Self.kind(pieces[1], market) else { return nil }
            self.name = name
            self.kind = kind
            symbol = String(pieces[0])
        }

        private static func kind(_ text: Substring, _ market: BinanceMarket) -> Kind? {
            switch text {
            case "trade": .trade
            case "aggTrade": .aggregate
            case "bookTicker": .bookTicker
            case "markPrice" where market == .usdm, "markPrice@1s" where market == .usdm: .markPrice
            default: depth(text)
            }
        }

        private static func depth(_ text: Substring) -> Kind? {
            guard text.hasPrefix("depth") else { return nil }
            let levels = text.dropFirst("depth".count).prefix { $0 != "@" }
            if levels.isEmpty { return .depth }
            return ["5", "10", "20"].contains(levels) ? Int(levels).map { .partialDepth($0) } : nil
        }
    }

    let kind: Kind
    /// The envelope up to its data, `{"stream":"btcusdt@trade","data":`.
    let envelope: [UInt8]
    /// The symbol and the next key: `,"s":"BTCUSDT","t":` for a trade, `,"s":"BTCUSDT","b":"` for a bookTicker.
    let symbol: [UInt8]
    /// The place of its market.
    let market: Int

    init(_ place: Place, market: Int) {
        kind = place.kind
        envelope = Array("{\"stream\":\"\(place.name)\",\"data\":".utf8)
        symbol = Array(",\"s\":\"\(place.symbol.uppercased())\",\(place.kind.nextKey)".utf8)
        self.market = market
    }
}
