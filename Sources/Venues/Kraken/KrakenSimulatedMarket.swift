import JSONScanning
import MarketModel

/// The state of one simulated symbol; it writes messages as Kraken writes them.
///
/// Prices have one digit after the point, sizes eight.
struct KrakenSimulatedMarket: Sendable {
    /// The JSON string of the symbol.
    private let symbol: String
    private var book: KrakenSimulatedBook
    private var tradeID: Int64
    private var candle: Candle?

    /// The prices of a minute, in ticks.
    private struct Candle {
        var minute: Int64
        var (open, high, low, close): (Int64, Int64, Int64, Int64)
        var trades: Int64 = 0
        var volume: Int64 = 0
    }

    init(_ symbol: String, using random: inout SplitMix64) {
        self.symbol = JSONText.quoted(symbol)
        tradeID = 1 + Int64(random.next() % 100_000_000)
        book = KrakenSimulatedBook(middle: 10_000 + Int64(random.next() % 900_000), using: &random)
    }

    private func message(_ channel: StaticString, _ type: StaticString, _ members: String) -> [UInt8] {
        Array(#"{"channel":"\#(channel)","type":"\#(type)","data":[{"symbol":\#(symbol),\#(members)}]}"#.utf8)
    }

    private static func price(_ ticks: Int64) -> String { FixedDecimal(mantissa: ticks, digits: 1).description }
    private static func size(_ lots: Int64) -> String { FixedDecimal(mantissa: lots, digits: 8).description }

    /// A trade at the best bid or ask.
    mutating func trade(_ time: UnixNanoseconds, _ random: UInt64) -> [UInt8] {
        tradeID += 1
        let isBuy = random & 1 == 0
        let price = isBuy ? book.asks[0].price : book.bids[0].price
        let size = 1 + Int64(random >> 8 & 0xFF_FFFF)
        note(price, size, time)
        return message(
            "trade",
            "update",
            #""side":"\#(isBuy ? "buy" : "sell")","price":\#(Self.price(price)),"qty":\#(Self.size(size)),"#
                + #""ord_type":"market","trade_id":\#(tradeID),"timestamp":"\#(KrakenReply.time(time))""#
        )
    }

    func ticker(_ time: UnixNanoseconds) -> [UInt8] {
        let (bid, ask) = (book.bids[0], book.asks[0])
        return message(
            "ticker",
            "update",
            #""bid":\#(Self.price(bid.price)),"bid_qty":\#(Self.size(bid.size)),"ask":\#(Self.price(ask.price)),"#
                + #""ask_qty":\#(Self.size(ask.size)),"last":\#(Self.price(candle?.close ?? bid.price)),"#
                + #""timestamp":"\#(KrakenReply.time(time))""#
        )
    }

    // MARK: Candles

    private static let minute: Int64 = 60_000_000_000

    private mutating func note(_ price: Int64, _ size: Int64, _ time: UnixNanoseconds) {
        let minute = time.rawValue / Self.minute
        if candle?.minute != minute {
            candle = Candle(minute: minute, open: price, high: price, low: price, close: price)
        }
        guard var now = candle else { return }
        (now.high, now.low, now.close) = (max(now.high, price), min(now.low, price), price)
        now.trades += 1
        now.volume += size
        candle = now
    }

    /// The candle of the minute; without a trade so far, one at the best bid.
    mutating func candle(_ time: UnixNanoseconds) -> [UInt8] {
        let (minute, bid) = (time.rawValue / Self.minute, book.bids[0].price)
        if candle?.minute != minute { candle = Candle(minute: minute, open: bid, high: bid, low: bid, close: bid) }
        let now = candle ?? Candle(minute: minute, open: bid, high: bid, low: bid, close: bid)
        let begin = KrakenReply.time(UnixNanoseconds(minute * Self.minute))
        let end = KrakenReply.time(UnixNanoseconds((minute + 1) * Self.minute))
        return message(
            "ohlc",
            "update",
            #""open":\#(Self.price(now.open)),"high":\#(Self.price(now.high)),"low":\#(Self.price(now.low)),"#
                + #""close":\#(Self.price(now.close)),"trades":\#(now.trades),"volume":\#(Self.size(now.volume)),"#
                + #""vwap":\#(Self.price(now.close)),"interval_begin":"\#(begin)","interval":1,"timestamp":"\#(end)""#
        )
    }

    // MARK: Books

    /// The whole book, to `depth` levels a side.
    mutating func snapshot(depth: Int, _ time: UnixNanoseconds, using random: inout SplitMix64) -> [UInt8] {
        book.deepen(to: depth, using: &random)
        let bids = book.bids.prefix(depth)
        let asks = book.asks.prefix(depth)
        return message("book", "snapshot", levels(Array(bids), Array(asks), time))
    }

    /// One change of the book; a level that moves up into the depth is part of it.
    mutating func change(_ time: UnixNanoseconds, using random: inout SplitMix64) -> [UInt8] {
        let (side, changed) = book.change(using: &random)
        return message("book", "update", levels(side == .bid ? changed : [], side == .ask ? changed : [], time))
    }

    private func levels(
        _ bids: [KrakenSimulatedBook.Level],
        _ asks: [KrakenSimulatedBook.Level],
        _ time: UnixNanoseconds
    ) -> String {
        #""bids":[\#(Self.list(bids))],"asks":[\#(Self.list(asks))],"checksum":\#(book.checksum),"#
            + #""timestamp":"\#(KrakenReply.time(time))""#
    }

    private static func list(_ levels: [KrakenSimulatedBook.Level]) -> String {
        levels.map { #"{"price":\#(price($0.price)),"qty":\#(size($0.size))}"# }.joined(separator: ",")
    }
}
