import Foundation
import MarketModel
import Testing
import Venues

/// Messages as Hyperliquid writes them.
enum HyperliquidSample {
    static let trade =
        #"{"channel":"trades","data":[{"coin":"HYPE","side":"B","px":"35.2760","sz":"5.78","time":1764835613064,"#
        + #""hash":"0x0000000000000000000000000000000000000000000000000000000000000000","tid":716095722814130,"#
        + #""users":["0x8cdba352268065be9d5444e1f82b8fe83717bbd5","0x13558be785661958932ceac35ba20de187275a42"]}]}"#
    static let trades =
        #"{"channel":"trades","data":[{"tid":2,"time":1764835613064,"sz":"1","px":"3","side":"A","coin":"@107"},"#
        + #"{"coin":"@107","side":"B","px":"3.1","sz":"0.5","time":1764835613064,"tid":3}]}"#
    static let best =
        #"{"channel":"bbo","data":{"coin":"HYPE","time":1766566375292,"bbo":[{"px":"23.757","sz":"42.09","n":1},"#
        + #"{"px":"23.758","sz":"100.26","n":2}]}}"#
    static let bidOnly =
        #"{"channel":"bbo","data":{"coin":"HYPE","time":1766566375292,"#
        + #""bbo":[{"px":"23.757","sz":"42.09","n":1},null]}}"#
    static let book =
        #"{"channel":"l2Book","data":{"coin":"HYPE","time":1764842873555,"levels":[[{"px":"34.967","sz":"2.85","n":1},"#
        + #"{"px":"34.9620","sz":"3.84","n":2}],[{"px":"34.969","sz":"1473.06","n":2}]]}}"#
    static let candle =
        #"{"channel":"candle","data":{"t":1764806400000,"T":1764892799999,"s":"HYPE","i":"1d","o":"34.668","#
        + #""c":"34.868","h":"36.219","l":"34.251","v":"3495670.8399999999","n":102895}}"#
    static let context =
        #"{"channel":"activeAssetCtx","data":{"coin":"BTC","ctx":{"funding":"0.0000125","openInterest":"688.11","#
        + #""prevDayPx":"15.322","dayNtlVlm":"1169046.29406","premium":"0.00031774","oraclePx":"14.32","#
        + #""markPx":"14.3161","midPx":"14.314","impactPxs":["14.3047","14.3444"]}}}"#
    static let spotContext =
        #"{"channel":"activeSpotAssetCtx","data":{"coin":"@107","ctx":{"prevDayPx":"0.2108","markPx":"0.22695","#
        + #""midPx":null,"circulatingSupply":"597683272.12003005","coin":"@107"}}}"#
    static let mids = #"{"channel":"allMids","data":{"mids":{"0G":"1.2017","2Z":"0.129165"}}}"#
    static let pong = #"{"channel":"pong"}"#
    static let error = #"{"channel":"error","data":"Invalid subscription {\"type\":\"trades\",\"coin\":\"XX\"}"}"#
    static let all = [
        trade, trades, best, bidOnly, book, candle, context, spotContext, mids, pong, error, accepted("trades", "BTC"),
    ]

    /// The venue lists the members in another order than the client.
    static func accepted(_ type: String, _ coin: String, method: String = "subscribe") -> String {
        #"{"channel":"subscriptionResponse","data":{"method":"\#(method)","subscription":"#
            + #"{"coin":"\#(coin)","type":"\#(type)","nSigFigs":null,"mantissa":null}}}"#
    }

    static let shared = ProcessInfo.processInfo.environment["FEEDREC_SHARED"].map { $0 + "/data/" }

    static func file(_ name: String) throws -> String {
        try String(contentsOfFile: (shared ?? "") + name, encoding: .utf8)
    }
}

/// What a reader makes of some messages.
struct HyperliquidReading {
    var events = MarketEvents()
    var outcome = DialectOutcome()
    var dialect: any VenueDialect = Venue.hyperliquid.makeReader()

    /// Reads messages that arrive one second after the other.
    init(_ payloads: [String], kind: MessageKind = .text) {
        var batch = MessageBatch()
        for (index, payload) in payloads.enumerated() {
            let time = UnixNanoseconds(Int64(index) * 1_000_000_000)
            batch.append(payload.utf8, kind: kind, direction: .received, tsRecv: time)
        }
        read(batch)
    }

    mutating func read(_ batch: MessageBatch) {
        var outgoing = MessageBatch()
        outcome = dialect.receive(batch, now: UnixNanoseconds(0), events: &events, outgoing: &outgoing)
        #expect(outgoing.isEmpty)
    }

    func symbol(_ index: SymbolIndex) -> String { dialect.symbols.text(of: index) }
    var oddities: [String] {
        events.venueEvents.filter(\.isOddity).map { String(decoding: $0.json, as: UTF8.self) }
    }
}
