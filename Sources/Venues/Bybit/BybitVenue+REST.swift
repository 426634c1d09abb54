import JSONScanning
package import MarketModel

extension BybitVenue: RESTVenue {
    private static let prefix = "/v5/market/"

    /// Reads `time`, `instruments-info` and `orderbook` (v5 "Market").
    package func question(_ request: VenueRequest) -> VenueQuestion? {
        guard request.method == "GET", let endpoint = request.endpoint(below: Self.prefix) else { return nil }
        switch endpoint {
        case "time": return .time
        case "instruments-info":
            let category = request.parameter("category") ?? ""
            guard category == product.rawValue else { return .foreign(Self.list("", of: category)) }
            // The tape's instruments are trading; clients also ask for those that will.
            if let status = request.parameter("status"), status != "Trading" {
                return .answered(Self.list("", of: category))
            }
            return .instruments(InstrumentQuery(symbols: request.parameter("symbol").map { [$0] }))
        case "orderbook": return bookQuestion(request)
        default: return nil
        }
    }

    private func bookQuestion(_ request: VenueRequest) -> VenueQuestion {
        guard request.parameter("category") == product.rawValue else {
            return .foreign(Self.error("params error: Category is invalid"))
        }
        guard let symbol = request.parameter("symbol") else {
            return .answered(Self.error("params error: symbol is missing"))
        }
        let (usual, limitMax) = product == .spot ? (1, 200) : (25, 500)
        guard let limit = request.count("limit", usual: usual, in: 1...limitMax) else {
            return .answered(Self.error("params error: limit is invalid"))
        }
        return .book(symbol: symbol, depth: limit)
    }

    package func notServed(_ request: VenueRequest) -> RESTAnswer? {
        guard request.endpoint(below: "/v5/") != nil else { return nil }
        return Self.error("feedrec replay has no answer for \(request.path.prefix(80))", status: 404)
    }

    /// The deepest book.
    package func snapshotChannel(of channels: [String]) -> String? {
        channels.filter { $0.hasPrefix("orderbook.") }.max { Self.depth(of: $0) < Self.depth(of: $1) }
    }

    private static func depth(of channel: String) -> Int { channel.split(separator: ".").last.flatMap { Int($0) } ?? 0 }

    package func answer(time now: UnixNanoseconds) -> RESTAnswer {
        let seconds = now.rawValue / 1_000_000_000
        return Self.result(#"{"timeSecond":"\#(seconds)","timeNano":"\#(now.rawValue)"}"#, now)
    }

    /// The number that also orders trades is not known, and 0.
    package func answer(book: VenueBook, depth: Int, now: UnixNanoseconds) -> RESTAnswer? {
        guard let number = book.number else { return nil }
        let sides = [book.bids, book.asks].map { side in
            VenueBook.list(Array(side.prefix(depth))) { #"["\#($0.price)","\#($0.size)"]"# }
        }
        let text =
            #"{"s":\#(JSONText.quoted(book.symbol)),"b":\#(sides[0]),"a":\#(sides[1]),"ts":\#(book.milliseconds),"#
            + #""u":\#(number),"seq":0,"cts":\#(book.milliseconds)}"#
        return Self.result(text, now)
    }

    package func answer(
        instruments: [VenueInstrument],
        to query: InstrumentQuery,
        now: UnixNanoseconds
    ) -> RESTAnswer {
        let list = instruments.map { $0.details ?? made($0) }
        return Self.list(list.joined(separator: ","), of: product.rawValue, now)
    }

    package func answer(refusal: VenueRefusal) -> RESTAnswer {
        switch refusal {
        case .unknownSymbol(let symbol): Self.error("params error: symbol invalid \(symbol.prefix(40))")
        case .noBook(let symbol): Self.error("the recording has no order book of \(symbol) at this time", status: 503)
        }
    }

    /// An instrument that was not recorded; its steps are those of the digits on the tape.
    private func made(_ instrument: VenueInstrument) -> String {
        let assets = SymbolAssets(
            instrument.symbol,
            quotes: ["USDT", "USDC", "USDE", "BTC", "ETH", "EUR", "DAI", "USD"]
        )
        var object = JSONObjectWriter()
        object.text("symbol", instrument.symbol)
        object.text("status", "Trading")
        object.text("baseCoin", assets.base)
        object.text("quoteCoin", assets.quote)
        switch product {
        case .spot:
            object.raw("lotSizeFilter", #"{"basePrecision":"\#(instrument.step)","minOrderQty":"\#(instrument.step)"}"#)
        case .linear:
            object.text("contractType", "LinearPerpetual")
            object.text("settleCoin", assets.quote)
            object.text("deliveryTime", "0")
            object.raw("leverageFilter", #"{"minLeverage":"1","maxLeverage":"1","leverageStep":"0.01"}"#)
            object.raw("lotSizeFilter", #"{"qtyStep":"\#(instrument.step)","minOrderQty":"\#(instrument.step)"}"#)
        }
        object.raw("priceFilter", #"{"tickSize":"\#(instrument.tick)"}"#)
        return object.text()
    }

    private static func list(_ entries: String, of category: String, _ now: UnixNanoseconds = .init(0)) -> RESTAnswer {
        let name = JSONText.quoted(String(category.prefix(20)))
        return result(#"{"category":\#(name),"list":[\#(entries)],"nextPageCursor":""}"#, now)
    }

    private static func result(_ json: String, _ now: UnixNanoseconds) -> RESTAnswer {
        let milliseconds = now.rawValue / 1_000_000
        return RESTAnswer(
            json: #"{"retCode":0,"retMsg":"OK","result":\#(json),"retExtInfo":{},"time":\#(milliseconds)}"#
        )
    }

    private static func error(_ message: String, status: Int = 200) -> RESTAnswer {
        let text = JSONText.quoted(message)
        return RESTAnswer(status: status, json: #"{"retCode":10001,"retMsg":\#(text),"result":{},"retExtInfo":{}}"#)
    }
}
