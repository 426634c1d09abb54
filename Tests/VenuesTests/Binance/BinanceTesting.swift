import MarketModel
import Venues

/// A Binance dialect, and what came of the messages given to it.
struct BinanceRun {
    var dialect: BinanceDialect
    var events = MarketEvents()
    var outcome = DialectOutcome()
    var now = UnixNanoseconds(1_767_605_400_000_000_000)
    /// The messages that the dialect has sent, as text.
    var sent: [String] = []

    init(_ market: BinanceMarket, streams: [String] = [], openInterestOf polled: [String] = []) {
        dialect = BinanceDialect(market: market, streams: streams, openInterestOf: polled)
    }

    mutating func open() {
        var outgoing = MessageBatch()
        dialect.open(now: now, outgoing: &outgoing)
        sent += texts(outgoing)
    }

    /// Gives the messages as one batch; ``events`` are those of this batch.
    mutating func receive(_ payloads: String..., kind: MessageKind = .text) {
        var batch = MessageBatch()
        for payload in payloads { batch.append(payload.utf8, kind: kind, direction: .received, tsRecv: now) }
        events.removeAll()
        outcome = DialectOutcome()
        var outgoing = MessageBatch()
        outcome = dialect.receive(batch, now: now, events: &events, outgoing: &outgoing)
        sent += texts(outgoing)
    }

    /// Lets time pass, and calls the dialect once a second.
    mutating func wait(seconds: Int) {
        for _ in 0..<seconds {
            now = now.advanced(by: .seconds(1))
            var outgoing = MessageBatch()
            dialect.keepAlive(now: now, outgoing: &outgoing)
            sent += texts(outgoing)
        }
    }

    mutating func repair(_ book: BookIndex) {
        var outgoing = MessageBatch()
        dialect.repair(book, now: now, outgoing: &outgoing)
        sent += texts(outgoing)
    }

    func symbol(_ index: SymbolIndex?) -> String? { index.map { dialect.symbols.text(of: $0) } }

    /// The levels of a book message, such as `bid 61496.50 0.010`.
    func levels(_ message: BookMessage) -> [String] {
        events.bookLevels[message.levels].map { "\($0.side) \($0.price) \($0.size)" }
    }
}

/// Messages of the futures market.
enum FuturesSample {
    static let bookTicker =
        #"{"e":"bookTicker","u":5123107839020,"s":"BTCUSDT","b":"61800.20","B":"2.507","a":"61800.30","A":"2.510","#
        + #""T":1723161256312,"E":1723161256313}"#
    static let trade =
        #"{"e":"trade","E":1723161256322,"T":1723161256321,"s":"BTCUSDT","t":5266583935,"p":"61800.30","q":"0.006","#
        + #""X":"MARKET","m":false}"#
    static let aggregate =
        #"{"e":"aggTrade","E":1723161256322,"s":"BTCUSDT","a":5933014,"p":"61800.30","q":"0.1","f":100,"l":105,"#
        + #""T":1723161256321,"m":true}"#
    static let depth =
        #"{"e":"depthUpdate","E":1723161256299,"T":1723161256298,"s":"BTCUSDT","U":5123107832006,"u":5123107837557,"#
        + #""pu":5123107831937,"b":[["61496.50","0.010"],["61510.90","0.000"]],"a":[["61800.30","1"]]}"#
    static let snapshot =
        #"{"lastUpdateId":5123107852948,"E":1723161256501,"T":1723161256493,"bids":[["61800.20","2.909"]],"#
        + #""asks":[["61800.30","0.696"]]}"#
    static let markPrice =
        #"{"e":"markPriceUpdate","E":1562305380000,"s":"BTCUSDT","p":"11794.15000000","i":"11784.62659091","#
        + #""P":"11784.25641265","r":"0.00038167","T":1562306400000}"#
    static let forceOrder =
        #"{"e":"forceOrder","E":1568014460893,"o":{"s":"BTCUSDT","S":"SELL","o":"LIMIT","f":"IOC","q":"0.014","#
        + #""p":"9910","ap":"9910","X":"FILLED","l":"0.014","z":"0.014","T":1568014460893}}"#
}
