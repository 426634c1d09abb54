import MarketModel

/// Tracks which streams of a connection have not delivered anything yet.
struct BinanceDelivery: Sendable {
    private var ticks: DeliveryWatch
    /// Streams whose messages are not ticks, by the hash of their names.
    ///
    /// The envelope of a message has the name.
    private var others: [UInt64: String]
    /// Without an envelope there is only one stream, and every message belongs to it.
    private let isSingle: Bool

    init(streams: [String]) {
        // Nothing may be liquidated for hours.
        let streams = streams.filter { !$0.contains("forceOrder") }
        let isTick = { (name: String) in Self.suffixes.contains { name.hasSuffix($0) } }
        ticks = DeliveryWatch(streams.filter(isTick))
        let names = streams.filter { !isTick($0) }.map { (Self.hash($0.utf8), $0) }
        others = Dictionary(names, uniquingKeysWith: { first, _ in first })
        isSingle = streams.count == 1
    }

    private static let suffixes = ["@trade", "@aggTrade", "@bookTicker"]

    /// The names of streams that have delivered nothing, sorted.
    var undelivered: [String] { (ticks.undelivered + others.values).sorted() }

    var awaitsTicks: Bool { !ticks.isComplete }
    var awaitsOthers: Bool { !others.isEmpty }

    /// Records the ticks of a batch.
    mutating func note(_ quotes: ArraySlice<Quote>, _ trades: ArraySlice<Trade>, _ symbols: SymbolTable) {
        for quote in quotes {
            ticks.arrived(quote.symbol, .quote) { symbols.text(of: quote.symbol).lowercased() + "@bookTicker" }
        }
        for trade in trades {
            ticks.arrived(trade.symbol, trade.isAggregate ? .aggregate : .trade) {
                symbols.text(of: trade.symbol).lowercased() + (trade.isAggregate ? "@aggTrade" : "@trade")
            }
        }
    }

    /// Records a message of a stream that has no ticks.
    mutating func note(_ payload: UnsafeRawBufferPointer) {
        if let name = BinanceCombinedText(payload)?.stream {
            others[Self.hash(name)] = nil
        } else if isSingle {
            others.removeAll()
        }
    }

    /// Hashes a name with FNV-1a.
    ///
    /// A collision would hide one silent stream, which is very unlikely.
    private static func hash(_ bytes: some Sequence<UInt8>) -> UInt64 {
        bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }
}
