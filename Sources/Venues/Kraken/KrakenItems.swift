import JSONScanning
import MarketModel

/// An element of `data` in the channel `trade`.
struct KrakenTradeItem {
    let symbol: UnsafeRawBufferPointer
    let price: FixedDecimal
    let size: FixedDecimal
    let side: AggressorSide?
    let tradeID: Int64?
    let time: KrakenTime

    init(_ item: JSONValue) throws(JSONError) {
        var (symbol, price, size): (JSONValue?, JSONValue?, JSONValue?)
        var (side, tradeID, time): (JSONValue?, JSONValue?, JSONValue?)
        try item.forEachMember { key, value in
            if key.equals("symbol") {
                symbol = value
            } else if key.equals("price") {
                price = value
            } else if key.equals("qty") {
                size = value
            } else if key.equals("side") {
                side = value
            } else if key.equals("trade_id") {
                tradeID = value
            } else if key.equals("timestamp") {
                time = value
            }
        }
        self.symbol = try KrakenValues.symbol(symbol)
        self.price = try KrakenValues.decimal(price, "price")
        self.size = try KrakenValues.magnitude(size, "qty")
        self.side = KrakenValues.side(side)
        self.tradeID = tradeID?.integer
        self.time = KrakenTime(text: time)
    }
}

/// An element of `data` in the channel `ticker`.
struct KrakenTickerItem {
    let symbol: UnsafeRawBufferPointer
    let bidPrice: FixedDecimal?
    let bidSize: FixedDecimal?
    let askPrice: FixedDecimal?
    let askSize: FixedDecimal?
    let time: KrakenTime

    init(_ item: JSONValue) throws(JSONError) {
        var (symbol, bid, bidSize): (JSONValue?, JSONValue?, JSONValue?)
        var (ask, askSize, time): (JSONValue?, JSONValue?, JSONValue?)
        try item.forEachMember { key, value in
            if key.equals("symbol") {
                symbol = value
            } else if key.equals("bid") {
                bid = value
            } else if key.equals("bid_qty") {
                bidSize = value
            } else if key.equals("ask") {
                ask = value
            } else if key.equals("ask_qty") {
                askSize = value
            } else if key.equals("timestamp") {
                time = value
            }
        }
        self.symbol = try KrakenValues.symbol(symbol)
        guard bid != nil || ask != nil else { throw JSONError(offset: 0, detail: "a ticker without bid and ask") }
        bidPrice = try KrakenValues.optionalDecimal(bid, "bid")
        self.bidSize = try KrakenValues.optionalDecimal(bidSize, "bid_qty")
        askPrice = try KrakenValues.optionalDecimal(ask, "ask")
        self.askSize = try KrakenValues.optionalDecimal(askSize, "ask_qty")
        self.time = KrakenTime(text: time)
    }
}

/// An element of `data` in the channel `book`; the levels are not read yet.
struct KrakenBookItem {
    private(set) var symbol: JSONValue?
    private(set) var bids: JSONValue?
    private(set) var asks: JSONValue?
    private(set) var checksum: JSONValue?
    private(set) var time: JSONValue?

    init(_ item: JSONValue) throws(JSONError) {
        var cursor = JSONCursor(item)
        guard item.kind == .object else { throw JSONError(offset: 0, detail: "expected an object") }
        try cursor.enterObject()
        while let key = try cursor.nextKey() {
            let value = try cursor.nextValue()
            if key.equals("symbol") {
                symbol = value
            } else if key.equals("bids") {
                bids = value
            } else if key.equals("asks") {
                asks = value
            } else if key.equals("checksum") {
                checksum = value
            } else if key.equals("timestamp") {
                time = value
            }
        }
    }

    /// Appends the levels of one side: `[{"price":63005.0,"qty":2.08665551}]`.
    static func appendLevels(_ list: JSONValue?, _ side: BookSide, to levels: inout [BookLevel]) throws(JSONError) {
        guard let list, !list.isNull else { return }
        var cursor = JSONCursor(list)
        guard list.kind == .array else { throw JSONError(offset: 0, detail: "no list of levels") }
        try cursor.enterArray()
        while try cursor.nextElement() {
            var (price, size): (JSONValue?, JSONValue?)
            try cursor.enterObject()
            while let key = try cursor.nextKey() {
                let value = try cursor.nextValue()
                if key.equals("price") {
                    price = value
                } else if key.equals("qty") {
                    size = value
                }
            }
            levels.append(
                BookLevel(
                    side: side,
                    price: try KrakenValues.magnitude(price, "price"),
                    size: try KrakenValues.magnitude(size, "qty")
                )
            )
        }
    }
}
