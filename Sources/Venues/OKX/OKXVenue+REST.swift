import JSONScanning
import MarketModel

extension OKXVenue: RESTVenue {
    /// Reads `public/time`, `public/instruments` and `market/books` (v5 "Public Data", "Market Data").
    func question(_ request: VenueRequest) -> VenueQuestion? {
        guard request.method == "GET", let endpoint = request.endpoint(below: "/api/v5/") else { return nil }
        switch endpoint {
        case "public/time": return .time
        case "public/instruments":
            guard let type = request.parameter("instType") else {
                return .answered(Self.error("50014", "Parameter instType can not be empty."))
            }
            let symbols = request.parameter("instId").map { [$0] }
            return .instruments(InstrumentQuery(symbols: symbols, group: type))
        case "public/underlying": return .answered(Self.data("[]"))
        case "market/books":
            guard let symbol = request.parameter("instId") else {
                return .answered(Self.error("50014", "Parameter instId can not be empty."))
            }
            guard let depth = request.count("sz", usual: 1, in: 1...400) else {
                return .answered(Self.error("51000", "Parameter sz error"))
            }
            return .book(symbol: symbol, depth: depth)
        default: return nil
        }
    }

    func notServed(_ request: VenueRequest) -> RESTAnswer? {
        guard request.endpoint(below: "/api/v5/") != nil else { return nil }
        return Self.error("404", "feedrec replay has no answer for \(request.path.prefix(80))", status: 404)
    }

    func snapshotChannel(of channels: [String]) -> String? {
        ["books", "books-l2-tbt", "books50-l2-tbt", "books5"].first(where: channels.contains)
    }

    func answer(time now: UnixNanoseconds) -> RESTAnswer { Self.data(#"{"ts":"\#(now.rawValue / 1_000_000)"}"#) }

    /// The number of orders at a price is not known, and written as 1.
    func answer(book: VenueBook, depth: Int, now: UnixNanoseconds) -> RESTAnswer? {
        let sides = [book.asks, book.bids].map { side in
            VenueBook.list(Array(side.prefix(depth))) { #"["\#($0.price)","\#($0.size)","0","1"]"# }
        }
        let number = book.number.map { #","seqId":\#($0)"# } ?? ""
        return Self.data(#"{"asks":\#(sides[0]),"bids":\#(sides[1]),"ts":"\#(book.milliseconds)"\#(number)}"#)
    }

    func answer(instruments: [VenueInstrument], to query: InstrumentQuery, now: UnixNanoseconds) -> RESTAnswer {
        let ofType = instruments.filter { query.group == nil || Self.type(ofInstrument: $0.symbol) == query.group }
        return Self.data(ofType.map { $0.details ?? Self.made($0) }.joined(separator: ","))
    }

    func answer(refusal: VenueRefusal) -> RESTAnswer {
        switch refusal {
        case .unknownSymbol: Self.error("51001", "Instrument ID does not exist")
        case .noBook(let symbol):
            Self.error("50001", "the recording has no order book of \(symbol) at this time", status: 503)
        }
    }

    /// `BTC-USDT`, `BTC-USDT-SWAP`, `BTC-USD-241227` and `BTC-USD-241227-92000-C`.
    private static func type(ofInstrument symbol: String) -> String {
        let parts = symbol.split(separator: "-")
        if parts.count <= 2 { return "SPOT" }
        return parts.last == "SWAP" ? "SWAP" : parts.count == 3 ? "FUTURES" : "OPTION"
    }

    /// An instrument that was not recorded.
    ///
    /// Its steps are those of the digits on the tape, and a contract has the value 1.
    private static func made(_ instrument: VenueInstrument) -> String {
        let parts = instrument.symbol.split(separator: "-").map(String.init)
        let (base, quote) = (parts.first ?? "", parts.count > 1 ? parts[1] : "")
        let type = type(ofInstrument: instrument.symbol)
        let isSpot = type == "SPOT"
        let pair = isSpot ? "" : "\(base)-\(quote)"
        // A contract on dollars settles in its base asset.
        let settlement = isSpot ? "" : quote == "USD" ? base : quote
        var object = JSONObjectWriter()
        object.text("instId", instrument.symbol)
        object.text("instType", type)
        object.text("baseCcy", isSpot ? base : "")
        object.text("quoteCcy", isSpot ? quote : "")
        object.text("settleCcy", settlement)
        object.text("uly", pair)
        object.text("instFamily", pair)
        object.text("ctVal", isSpot ? "" : "1")
        object.text("ctMult", isSpot ? "" : "1")
        object.text("ctValCcy", isSpot ? "" : quote == "USD" ? quote : base)
        object.text("ctType", isSpot ? "" : quote == "USD" ? "inverse" : "linear")
        object.text("tickSz", instrument.tick)
        object.text("lotSz", instrument.step)
        object.text("minSz", instrument.step)
        for name in ["maxLmtSz", "maxMktSz"] { object.text(name, "1000000000") }
        for name in ["alias", "expTime", "lever", "listTime", "optType", "stk"] { object.text(name, "") }
        object.text("state", "live")
        return object.text()
    }

    private static func data(_ entries: String) -> RESTAnswer {
        RESTAnswer(json: #"{"code":"0","msg":"","data":[\#(entries)]}"#)
    }

    private static func error(_ code: String, _ message: String, status: Int = 200) -> RESTAnswer {
        RESTAnswer(status: status, json: #"{"code":"\#(code)","msg":\#(JSONText.quoted(message)),"data":[]}"#)
    }
}
