import MarketModel
import Venues

/// Messages as the venue writes them; the first ones are of the spot testnet.
enum BybitSample {
    static let accepted =
        #"{"success":true,"ret_msg":"subscribe","conn_id":"d967ikkn0ine3iqmjc30-koqj","req_id":"1","op":"subscribe"}"#
    static let pong =
        #"{"success":true,"ret_msg":"pong","conn_id":"d967ikkn0ine3iqmjc30-koqj","req_id":"p1","op":"ping"}"#
    static let privatePong = #"{"req_id":"test","op":"pong","args":["1675418560633"],"conn_id":"cfcb4ocs"}"#
    static let refused =
        #"{"success":false,"ret_msg":"Invalid symbol :[orderbook.50.NOSUCHSYM]","#
        + #""conn_id":"d967ikkn0ine3iqmjc30-koqj","op":"subscribe"}"#
    static let trades =
        #"{"topic":"publicTrade.BTCUSDT","ts":1789299670925,"type":"snapshot","data":["#
        + #"{"i":"2100000000188691533","T":1789299670888,"p":"77140.5","v":"0.000078","S":"Sell","seq":2189232212,"#
        + #""s":"BTCUSDT","BT":false,"RPI":false},"#
        + #"{"i":"20f43950-d8dd-5b31-9112-a178eb6023af","T":1789299670889,"p":"77140.10","v":"0.003812","S":"Buy","#
        + #""seq":2189232212,"s":"BTCUSDT","BT":true,"RPI":false}]}"#
    static let best =
        #"{"topic":"orderbook.1.BTCUSDT","ts":1789299655643,"type":"snapshot","data":{"s":"BTCUSDT","#
        + #""b":[["77140.5","0.216593"]],"a":[["77140.6","0.324006"]],"u":1980705,"seq":2189232157},"cts":1789299655598}"#
    static let snapshot =
        #"{"topic":"orderbook.50.BTCUSDT","ts":1789299657452,"type":"snapshot","data":{"s":"BTCUSDT","#
        + #""b":[["77140.5","0.216593"],["77140.40","0.324084"]],"a":[["77140.6","0.324006"]],"u":3734358,"#
        + #""seq":2189232166},"cts":1789299657400}"#
    static let change =
        #"{"topic":"orderbook.50.BTCUSDT","ts":1789299658933,"type":"delta","data":{"s":"BTCUSDT","#
        + #""b":[["77140.3","0"]],"a":[],"u":3734359,"seq":2189232166},"cts":1789299658878}"#
    static let ticker =
        #"{"topic":"tickers.BTCUSDT","type":"snapshot","data":{"symbol":"BTCUSDT","lastPrice":"17216.00","#
        + #""markPrice":"17217.33","indexPrice":"17227.36","openInterest":"68744.761","#
        + #""nextFundingTime":"1673280000000","fundingRate":"-0.000212","bid1Price":"17215.50"},"#
        + #""cs":24987956059,"ts":1673272861686}"#
    static let tickerChange =
        #"{"topic":"tickers.BTCUSDT","type":"delta","data":{"symbol":"BTCUSDT","fundingRate":"0.0001"},"#
        + #""cs":24987956060,"ts":1673272861786}"#
    static let liquidation =
        #"{"topic":"allLiquidation.ETHUSDT","type":"snapshot","ts":1739502303204,"#
        + #""data":[{"T":1739502302929,"s":"ETHUSDT","S":"Sell","v":"20000","p":"0.04499"}]}"#
    static let bar =
        #"{"topic":"kline.5.BTCUSDT","data":[{"start":1672324800000,"end":1672325099999,"interval":"5","#
        + #""open":"16649.5","close":"16677","high":"16677","low":"16608","volume":"2.081","turnover":"34666.4005","#
        + #""confirm":true,"timestamp":1672324988882}],"ts":1672324988882,"type":"snapshot"}"#
    static let all = [
        accepted, pong, privatePong, refused, trades, best, snapshot, change, ticker, tickerChange, liquidation, bar,
    ]
}

/// A dialect with everything that it has said so far.
struct BybitReading {
    var dialect: BybitDialect
    var events = MarketEvents()
    var sent = MessageBatch()
    var outcome = DialectOutcome()

    init(_ product: BybitProduct = .spot, topics: [String] = [], keys: AccountKeys? = nil) {
        dialect = BybitDialect(product: product, topics: topics, keys: keys)
    }

    /// Reads messages in one batch, at `seconds` of a clock that the test moves.
    mutating func read(_ messages: [String], at seconds: Int64 = 0) {
        outcome = dialect.receive(batch(messages), now: time(seconds), events: &events, outgoing: &sent)
    }

    mutating func open(at seconds: Int64 = 0) { dialect.open(now: time(seconds), outgoing: &sent) }
    mutating func keepAlive(at seconds: Int64) { dialect.keepAlive(now: time(seconds), outgoing: &sent) }

    func time(_ seconds: Int64) -> UnixNanoseconds {
        UnixNanoseconds(1_789_299_655_000_000_000).advanced(by: .seconds(seconds))
    }

    /// The messages sent since the last call.
    mutating func takeSent() -> [String] {
        defer { sent.removeAll() }
        return texts(sent)
    }

    func symbol(_ index: SymbolIndex?) -> String? { index.map { dialect.symbols.text(of: $0) } }

    var oddities: [VenueEvent] { events.venueEvents.filter(\.isOddity) }
}

func decimal(_ text: String) -> FixedDecimal? { FixedDecimal(text) }
