import MarketModel

/// Which streams of a connection have brought nothing yet.
struct BinanceDelivery: Sendable {
    private var ticks: DeliveryWatch
    /// Streams whose messages make no ticks, by the hash of their names, which messages carry in the envelope.
    private var others: [UInt64: String]
    /// Without an envelope there is one stream, and every message is one of it.
    private let isSingle: Bool

    init(streams: [String]) {
        let isTick = { (name: String) in Self.suffixes.contains { name.hasSuffix($0) } }
        ticks = DeliveryWatch(streams.filter(isTick))
        let names = streams.filter { !isTick($0) }.map { (Self.hash($0.utf8), $0) }
        others = Dictionary(names, uniquingKeysWith: { first, _ in first })
        isSingle = streams.count == 1
    }

    private static let suffixes = ["@trade", "@aggTrade", "@bookTicker"]

    /// The names of streams that have brought nothing, sorted.
    var undelivered: [String] { (ticks.undelivered + others.values).sorted() }

    var awaitsTicks: Bool { !ticks.isComplete }
    var awaitsOthers: Bool { !others.isEmpty }

    /// Notes the ticks that a batch brought.
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

    /// Notes a message of a stream that makes no ticks.
    mutating func note(_ payload: UnsafeRawBufferPointer) {
        var reader = BinanceShapeReader(payload)
        if let name = reader.readStreamName() {
            others[Self.hash(name)] = nil
        } else if isSingle {
            others.removeAll()
        }
    }

    /// FNV-1a: a collision would hide one silent stream, which is far less likely than any other mistake.
    private static func hash(_ bytes: some Sequence<UInt8>) -> UInt64 {
        bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }
}
