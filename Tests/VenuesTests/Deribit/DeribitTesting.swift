import Foundation
import MarketModel
import Testing
import Venues

/// Messages as the venue writes them.
enum DeribitSample {
    static func data(_ channel: String, _ data: String) -> String {
        #"{"jsonrpc":"2.0","method":"subscription","params":{"channel":"\#(channel)","data":\#(data)}}"#
    }

    static let accepted =
        #"{"jsonrpc":"2.0","id":10,"result":["trades.BTC-PERPETUAL.100ms","quote.BTC-PERPETUAL"],"#
        + #""usIn":1699999999000000,"usOut":1699999999001000,"usDiff":1000,"testnet":false}"#
    static let refused =
        #"{"jsonrpc":"2.0","id":10,"error":{"code":11050,"message":"bad_request"},"usIn":1,"usOut":2,"usDiff":1}"#
    static let heartbeat = #"{"jsonrpc":"2.0","method":"heartbeat","params":{"type":"heartbeat"}}"#
    static let testRequest = #"{"jsonrpc":"2.0","method":"heartbeat","params":{"type":"test_request"}}"#
    static let trades = data(
        "trades.BTC-PERPETUAL.100ms",
        #"[{"timestamp":1765531356452,"price":92294.5,"amount":10.0,"direction":"sell","index_price":92276.75,"#
            + #""instrument_name":"BTC-PERPETUAL","trade_seq":271252854,"mark_price":92287.11,"tick_direction":2,"#
            + #""contracts":1.0,"combo_trade_id":"43","trade_id":"403691824"},"#
            + #"{"timestamp":1765531356453,"price":9.22885e4,"amount":7.5e2,"direction":"buy","liquidation":"T","#
            + #""instrument_name":"BTC-PERPETUAL","trade_seq":271252855,"trade_id":"ETH-403691825"},"#
            + #"{"timestamp":1765531356454,"price":92288.0,"amount":200000.0,"direction":"buy","liquidation":"M","#
            + #""instrument_name":"BTC-PERPETUAL","trade_seq":271252856,"trade_id":"1","block_trade_id":"42"}]"#
    )
    static let quote = data(
        "quote.BTC-PERPETUAL",
        #"{"timestamp":1765541767174,"instrument_name":"BTC-PERPETUAL","best_ask_price":92288.5,"#
            + #""best_bid_price":92288.0,"best_ask_amount":8.7e3,"best_bid_amount":133440.0}"#
    )
    static let ticker = data(
        "ticker.ETH-PERPETUAL.100ms",
        #"{"timestamp":1790755218539,"state":"open","stats":{"high":2748.7,"volume":null},"index_price":2672.32,"#
            + #""instrument_name":"ETH-PERPETUAL","last_price":2672.4,"open_interest":234968698,"mark_price":2672.5,"#
            + #""current_funding":-2.1714e-4,"funding_8h":3.1e-5,"best_ask_price":2672.75,"best_bid_price":2672.4,"#
            + #""best_ask_amount":20282.0,"best_bid_amount":17220.0}"#
    )
    static let oneSided = data(
        "ticker.ETH-23JUL21-2300-C.raw",
        #"{"timestamp":1626993723632,"instrument_name":"ETH-23JUL21-2300-C","index_price":2006.72,"#
            + #""mark_price":0.000001,"best_bid_price":0.0,"best_bid_amount":0.0,"best_ask_price":0.001,"#
            + #""best_ask_amount":274.0}"#
    )
    static let snapshot = data(
        "book.BTC-PERPETUAL.100ms",
        #"{"type":"snapshot","instrument_name":"BTC-PERPETUAL","timestamp":1699999999000,"change_id":123456789,"#
            + #""prev_change_id":null,"bids":[["new",42500.0,1000.0],["new",42499.5,500.0]],"#
            + #""asks":[["new",42501.0,8.7e3]]}"#
    )
    static let change = data(
        "book.BTC-PERPETUAL.100ms",
        #"{"type":"change","instrument_name":"BTC-PERPETUAL","timestamp":1699999999500,"change_id":123456799,"#
            + #""prev_change_id":123456789,"bids":[["change",42500.0,950.0],["new",42498.5,300.0]],"#
            + #""asks":[["delete",42501.0,5.0]]}"#
    )
    static let grouped = data(
        "book.BTC-PERPETUAL.none.10.100ms",
        #"{"instrument_name":"BTC-PERPETUAL","timestamp":1769246173071,"change_id":136725664747,"#
            + #""bids":[[89532.5,254900.0],[89532.0,1000.0]],"asks":[[89533.0,91570.0]]}"#
    )
    static let perpetual = data(
        "perpetual.BTC-PERPETUAL.100ms",
        #"{"interest":0.004999511380756577,"timestamp":1571386349530,"index_price":7872.88}"#
    )
    static let index = data(
        "deribit_price_index.btc_usd",
        #"{"index_name":"btc_usd","price":3937.89,"timestamp":1550588002899}"#
    )
    static let bar = data(
        "chart.trades.BTC-PERPETUAL.1",
        #"{"volume":0.05219351,"tick":1573645080000,"open":8869.79,"low":8788.25,"high":8870.31,"cost":460.0,"#
            + #""close":8791.25}"#
    )
    static let all = [
        accepted, refused, heartbeat, testRequest, trades, quote, ticker, oneSided, snapshot, change, grouped,
        perpetual, index, bar,
    ]
}

/// A dialect with everything that it has said so far.
struct DeribitReading {
    var dialect: DeribitDialect
    var events = MarketEvents()
    var sent = MessageBatch()
    var outcome = DialectOutcome()

    init(_ channels: [String] = [], keys: AccountKeys? = nil) {
        dialect = DeribitDialect(channels: channels, keys: keys)
    }

    /// Reads messages in one batch, at `seconds` of a clock that the test moves.
    mutating func read(_ messages: [String], at seconds: Int64 = 0) {
        outcome = dialect.receive(Self.batch(messages), now: time(seconds), events: &events, outgoing: &sent)
    }

    mutating func open(at seconds: Int64 = 0) { dialect.open(now: time(seconds), outgoing: &sent) }
    mutating func keepAlive(at seconds: Int64) { dialect.keepAlive(now: time(seconds), outgoing: &sent) }

    func time(_ seconds: Int64) -> UnixNanoseconds {
        UnixNanoseconds(1_765_531_356_000_000_000).advanced(by: .seconds(seconds))
    }

    /// The messages sent since the last call.
    mutating func takeSent() -> [String] {
        defer { sent.removeAll() }
        return Self.texts(sent)
    }

    func symbol(_ index: SymbolIndex?) -> String? { index.map { dialect.symbols.text(of: $0) } }

    var oddities: [VenueEvent] { events.venueEvents.filter(\.isOddity) }

    static func batch(_ messages: [String]) -> MessageBatch {
        var batch = MessageBatch()
        for message in messages { batch.append(message.utf8, direction: .received, tsRecv: UnixNanoseconds(0)) }
        return batch
    }

    static func texts(_ batch: MessageBatch) -> [String] {
        batch.entries.map { String(decoding: batch.bytes[$0.range], as: UTF8.self) }
    }
}

/// The captures of Deribit.
enum DeribitCapture {
    static let shared = ProcessInfo.processInfo.environment["FEEDREC_SHARED"].map { $0 + "/data/" }

    /// The received messages of the options capture: the text after `<time>: `.
    static let options = lines("captures/deribit-v2/options-20210722.cf.txt").compactMap { line -> String? in
        guard !line.hasPrefix("wss:"), let range = line.range(of: ": ") else { return nil }
        return String(line[range.upperBound...])
    }
    static let perpetuals = lines("captures/deribit-v2/perp-ticker-20260930.jsonl")

    static func lines(_ path: String) -> [String] {
        guard let shared, let text = try? String(contentsOfFile: shared + path, encoding: .utf8) else { return [] }
        return text.split(separator: "\n").map(String.init)
    }
}
