import JSONScanning

/// The members of a message of Coinbase Exchange, in any order.
struct CoinbaseExchangeMessage {
    private(set) var type: JSONValue?
    private(set) var product: JSONValue?
    private(set) var time: JSONValue?
    private(set) var sequence: JSONValue?
    private(set) var tradeID: JSONValue?
    private(set) var price: JSONValue?
    private(set) var size: JSONValue?
    private(set) var side: JSONValue?
    private(set) var bestBid: JSONValue?
    private(set) var bestBidSize: JSONValue?
    private(set) var bestAsk: JSONValue?
    private(set) var bestAskSize: JSONValue?
    private(set) var bids: JSONValue?
    private(set) var asks: JSONValue?
    private(set) var changes: JSONValue?

    /// Reads a message without needless escapes; see ``JSONText/plain(_:)``.
    init(_ start: JSONCursor) throws(JSONError) {
        var cursor = start
        try cursor.enterObject()
        while let key = try cursor.nextKey() {
            let value = try cursor.nextValue()
            if key.equals("type") {
                type = value
            } else if key.equals("changes") {
                changes = value
            } else if key.equals("product_id") {
                product = value
            } else if key.equals("time") {
                time = value
            } else if key.equals("sequence") {
                sequence = value
            } else if key.equals("trade_id") {
                tradeID = value
            } else if key.equals("price") {
                price = value
            } else if key.equals("size") {
                size = value
            } else if key.equals("side") {
                side = value
            } else if key.equals("best_bid") {
                bestBid = value
            } else if key.equals("best_bid_size") {
                bestBidSize = value
            } else if key.equals("best_ask") {
                bestAsk = value
            } else if key.equals("best_ask_size") {
                bestAskSize = value
            } else if key.equals("bids") {
                bids = value
            } else if key.equals("asks") {
                asks = value
            }
        }
        try cursor.expectEnd()
    }
}
