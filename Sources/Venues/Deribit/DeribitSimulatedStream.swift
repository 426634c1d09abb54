import MarketModel

/// One simulated channel: writes its messages as Deribit writes them.
struct DeribitSimulatedStream: Sendable {
    enum Content: Sendable, Hashable {
        case trades
        case quote
        case ticker
        case book
        case groupedBook(depth: Int)
        /// `minutes` is the length of a bar.
        case chart(minutes: Int64)
        case perpetual

        /// `nil` for channels that are not simulated.
        init?(_ channel: DeribitChannel) {
            switch channel.kind {
            case .trades: self = .trades
            case .quote: self = .quote
            case .ticker: self = .ticker
            case .book: self = .book
            case .groupedBook(let name, let depth):
                guard name.hasPrefix("book.none."), let depth, [1, 10, 20].contains(depth) else { return nil }
                self = .groupedBook(depth: depth)
            case .chart(let name):
                guard let minutes = name.split(separator: ".").last.flatMap({ Int64($0) }), (1...720).contains(minutes)
                else { return nil }
                self = .chart(minutes: minutes)
            case .perpetual where channel.symbol?.hasSuffix("-PERPETUAL") == true: self = .perpetual
            default: return nil
            }
        }
    }

    let channel: String
    let content: Content
    let market: Int
    /// What the client knows of the book; `nil` until a snapshot is sent to the present subscription.
    private var book: (bids: [DeribitSimulatedLevel], asks: [DeribitSimulatedLevel], changeID: Int64)?
    private var bar: DeribitSimulatedBar?
    var subscriptions = 0

    init(channel: String, content: Content, market: Int) {
        self.channel = channel
        self.content = content
        self.market = market
    }

    /// Forgets what the client knows, because it has subscribed again.
    mutating func restart() { book = nil }

    /// Appends the next message; `time` is in milliseconds.
    mutating func write(_ market: inout DeribitSimulatedMarket, at time: Int64, to bytes: inout [UInt8]) {
        let data =
            switch content {
            case .trades: Self.trade(&market, time)
            case .quote: Self.quote(&market, time)
            case .ticker: Self.ticker(&market, time)
            case .book: nextBook(&market, time)
            case .groupedBook(let depth): Self.groupedBook(&market, depth, time)
            case .chart(let minutes): nextBar(&market, minutes, time)
            case .perpetual: Self.perpetual(&market, time)
            }
        let head = #"{"jsonrpc":"2.0","method":"subscription","params":{"channel":"\#(channel)","data":"#
        bytes.append(contentsOf: head.utf8)
        bytes.append(contentsOf: data.utf8)
        bytes.append(contentsOf: "}}".utf8)
    }

    // MARK: Trades and prices

    private static func trade(_ market: inout DeribitSimulatedMarket, _ time: Int64) -> String {
        let choice = market.random.next()
        let isBuy = choice & 1 == 0
        let (sequence, id) = market.nextTrade()
        let price = market.price(isBuy ? market.bidTicks + 1 : market.bidTicks)
        let amount = market.amount(1 + Int64(choice >> 8 % 500))
        let direction = isBuy ? "buy" : "sell"
        // One trade in 64 is forced.
        let liquidation = choice >> 32 % 64 == 0 ? #","liquidation":"T""# : ""
        return
            #"[{"trade_seq":\#(sequence),"trade_id":"\#(id)","timestamp":\#(time),"#
            + #""tick_direction":1,"price":\#(price),"mark_price":\#(price),"index_price":\#(price),"#
            + #""instrument_name":"\#(market.symbol)","direction":"\#(direction)","amount":\#(amount)\#(liquidation)}]"#
    }

    /// The members with the best prices.
    private static func best(_ market: DeribitSimulatedMarket) -> String {
        #""best_bid_price":\#(market.price(market.bidTicks)),"best_bid_amount":\#(market.amount(market.bids[0])),"#
            + #""best_ask_price":\#(market.price(market.bidTicks + 1)),"#
            + #""best_ask_amount":\#(market.amount(market.asks[0]))"#
    }

    private static func quote(_ market: inout DeribitSimulatedMarket, _ time: Int64) -> String {
        market.step()
        return #"{"timestamp":\#(time),"instrument_name":"\#(market.symbol)",\#(best(market))}"#
    }

    private static func ticker(_ market: inout DeribitSimulatedMarket, _ time: Int64) -> String {
        market.step()
        let (mark, index) = (market.price(market.bidTicks), market.price(market.bidTicks + 3))
        let interest = market.amount(50_000_000 + Int64(market.random.next() % 100_000))
        var funding = ""
        if market.symbol.hasSuffix("-PERPETUAL") {
            // The venue writes small numbers with an exponent.
            let rate = Int64(market.random.next() % 2001) - 1000
            funding = #","current_funding":\#(rate)e-6,"funding_8h":\#(rate)e-7"#
        }
        return #"{"timestamp":\#(time),"state":"open","instrument_name":"\#(market.symbol)","last_price":\#(mark),"#
            + #""mark_price":\#(mark),"index_price":\#(index),"open_interest":\#(interest)\#(funding),"#
            + #"\#(best(market))}"#
    }

    private static func perpetual(_ market: inout DeribitSimulatedMarket, _ time: Int64) -> String {
        let rate = Int64(market.random.next() % 2001) - 1000
        return #"{"timestamp":\#(time),"interest":\#(rate)e-6,"index_price":\#(market.price(market.bidTicks + 3))}"#
    }

    // MARK: Books

    private mutating func nextBook(_ market: inout DeribitSimulatedMarket, _ time: Int64) -> String {
        market.step()
        let (bids, asks) = (market.bidLevels, market.askLevels)
        let old = book ?? ([], [], 0)
        let previous = book.map { #""prev_change_id":\#($0.changeID),"# } ?? ""
        defer { book = (bids, asks, market.changeID) }
        return #"{"type":"\#(book == nil ? "snapshot" : "change")","timestamp":\#(time),\#(previous)"#
            + #""instrument_name":"\#(market.symbol)","change_id":\#(market.changeID),"#
            + #""bids":\#(Self.list(DeribitSimulatedLevel.changes(from: old.bids, to: bids), market)),"#
            + #""asks":\#(Self.list(DeribitSimulatedLevel.changes(from: old.asks, to: asks), market))}"#
    }

    private static func list(
        _ changes: [(action: String, level: DeribitSimulatedLevel)],
        _ market: DeribitSimulatedMarket
    ) -> String {
        let levels = changes.map {
            #"["\#($0.action)",\#(market.price($0.level.ticks)),\#(market.amount($0.level.lots))]"#
        }
        return "[\(levels.joined(separator: ","))]"
    }

    private static func groupedBook(_ market: inout DeribitSimulatedMarket, _ depth: Int, _ time: Int64) -> String {
        market.step()
        let sides = [market.bidLevels, market.askLevels].map { levels in
            let pairs = levels.prefix(depth).map { "[\(market.price($0.ticks)),\(market.amount($0.lots))]" }
            return "[\(pairs.joined(separator: ","))]"
        }
        return #"{"timestamp":\#(time),"instrument_name":"\#(market.symbol)","change_id":\#(market.changeID),"#
            + #""bids":\#(sides[0]),"asks":\#(sides[1])}"#
    }

    // MARK: Bars

    private mutating func nextBar(
        _ market: inout DeribitSimulatedMarket,
        _ minutes: Int64,
        _ time: Int64
    ) -> String {
        market.step()
        let start = time - time % (minutes * 60_000)
        var current = bar ?? DeribitSimulatedBar(start: start, ticks: market.bidTicks)
        if current.start != start { current = DeribitSimulatedBar(start: start, ticks: market.bidTicks) }
        current.add(market.bidTicks)
        bar = current
        return #"{"volume":\#(current.count),"tick":\#(start),"open":\#(market.price(current.open)),"#
            + #""low":\#(market.price(current.low)),"high":\#(market.price(current.high)),"cost":\#(current.count),"#
            + #""close":\#(market.price(current.close))}"#
    }
}

/// A bar of bids that is being built.
struct DeribitSimulatedBar: Sendable {
    /// In milliseconds.
    let start: Int64
    let open: Int64
    private(set) var high: Int64
    private(set) var low: Int64
    private(set) var close: Int64
    private(set) var count: Int64 = 0

    init(start: Int64, ticks: Int64) {
        self.start = start
        (open, high, low, close) = (ticks, ticks, ticks, ticks)
    }

    mutating func add(_ ticks: Int64) {
        (high, low, close) = (max(high, ticks), min(low, ticks), ticks)
        count += 1
    }
}
