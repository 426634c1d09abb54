import Foundation
import Interchange
import JSONScanning
import MarketModel
import Testing
import Venues

/// Messages as OKX writes them.
enum OKXSample {
    static let trade =
        #"{"arg":{"channel":"trades","instId":"BTC-USDT"},"data":[{"instId":"BTC-USDT","tradeId":"338476308","#
        + #""px":"30243.50","sz":"0.001","side":"buy","ts":"1652459226050"}]}"#
    static let aggregate =
        #"{"arg":{"channel":"trades","instId":"BTC-USDT"},"data":[{"instId":"BTC-USDT","tradeId":"130639474","#
        + #""px":"42219.9","sz":"0.12060306","side":"sell","ts":"1630048897897","count":"3","seqId":1234}]}"#
    static let bestPrices =
        #"{"arg":{"channel":"bbo-tbt","instId":"BTC-USDT"},"data":[{"asks":[["8476.98","415","0","13"]],"#
        + #""bids":[["8476.97","256","0","12"]],"ts":"1597026383085","seqId":123456}]}"#
    static let ticker =
        #"{"arg":{"channel":"tickers","instId":"BTC-USDT"},"data":[{"instType":"SPOT","instId":"BTC-USDT","#
        + #""last":"30236","lastSz":"0.0002","askPx":"30228.7","askSz":"1.55896972","bidPx":"30228.6","#
        + #""bidSz":"0.23393","open24h":"29700.4","ts":"1652459224956"}]}"#
    static let snapshot =
        #"{"arg":{"channel":"books","instId":"BTC-USDT"},"action":"snapshot","data":[{"#
        + #""asks":[["8476.98","415","0","13"],["8477.0","7","0","2"]],"bids":[["8476.97","256","0","12"]],"#
        + #""ts":"1597026383085","checksum":-855196043,"prevSeqId":-1,"seqId":123456}]}"#
    static let update =
        #"{"arg":{"channel":"books","instId":"BTC-USDT"},"action":"update","data":[{"asks":[["8477","0","0","0"]],"#
        + #""bids":[],"ts":"1597026383185","checksum":0,"prevSeqId":123456,"seqId":123459}]}"#
    static let funding =
        #"{"arg":{"channel":"funding-rate","instId":"BTC-USD-SWAP"},"data":[{"fundingRate":"0.0001875391284828","#
        + #""fundingTime":"1700726400000","instId":"BTC-USD-SWAP","instType":"SWAP","nextFundingRate":"","#
        + #""nextFundingTime":"1700755200000","ts":"1700724675402"}]}"#
    static let liquidation =
        #"{"arg":{"channel":"liquidation-orders","instType":"SWAP"},"data":[{"details":[{"bkLoss":"0","#
        + #""bkPx":"0.007831","ccy":"","posSide":"short","side":"buy","sz":"13","ts":"1692266434010"},"#
        + #"{"bkPx":"0.0079","side":"sell","sz":"1","ts":"1692266434011"}],"instFamily":"IOST-USDT","#
        + #""instId":"IOST-USDT-SWAP","instType":"SWAP","uly":"IOST-USDT"}]}"#
    static let candle =
        #"{"arg":{"channel":"candle1m","instId":"BTC-USDT"},"data":[["1597026360000","8533.02","8553.74","8527.17","#
        + #""8548.26","45247","529.5858061","5529.5858061","0"]]}"#

    static func accepted(_ channel: String, _ symbol: String) -> String {
        #"{"event":"subscribe","arg":{"channel":"\#(channel)","instId":"\#(symbol)"},"connId":"a4d3ae55"}"#
    }
}

/// What a reader makes of some messages.
struct OKXReading {
    var events = MarketEvents()
    var outcome = DialectOutcome()
    var dialect: any VenueDialect = Venue.okx.makeReader()

    init(_ payloads: [String], kind: MessageKind = .text) {
        var batch = MessageBatch()
        for (index, payload) in payloads.enumerated() {
            let time = UnixNanoseconds(Int64(index) * 1_000_000)
            batch.append(payload.utf8, kind: kind, direction: .received, tsRecv: time)
        }
        read(batch)
    }

    init(_ batch: MessageBatch) { read(batch) }

    private mutating func read(_ batch: MessageBatch) {
        var outgoing = MessageBatch()
        outcome = dialect.receive(batch, now: UnixNanoseconds(0), events: &events, outgoing: &outgoing)
        #expect(outgoing.isEmpty)
    }

    func symbol(_ index: SymbolIndex) -> String { dialect.symbols.text(of: index) }
    var oddities: [String] {
        events.venueEvents.filter(\.isOddity).map { String(decoding: $0.json, as: UTF8.self) }
    }
}

/// The capture of OKX, and its golden numbers.
enum OKXCapture {
    static let shared = ProcessInfo.processInfo.environment["FEEDREC_SHARED"].map { $0 + "/data/" }
    static let name = "okx-v5-multi3-20220513"

    static func messages() throws -> MessageBatch {
        var batch = MessageBatch()
        var connections: [ConnectionOpened] = []
        var reader = try MessageFileReader(path: (shared ?? "") + "captures/okx-v5/multi3-20220513.cf.txt")
        while try reader.next(maxMessages: 1000, into: &batch, connectionEvents: &connections) {}
        return batch
    }

    /// The rows of a golden table that are about the capture.
    static func rows(_ table: String) throws -> [[String]] {
        let text = try String(contentsOfFile: (shared ?? "") + "golden/" + table, encoding: .utf8)
        return text.split(separator: "\n").map {
            $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        }.filter { $0[0] == name }
    }

    static func payload(_ name: String) throws -> String {
        try String(contentsOfFile: (shared ?? "") + name, encoding: .utf8)
    }
}
