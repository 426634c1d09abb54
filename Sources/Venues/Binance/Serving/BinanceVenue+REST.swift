import JSONScanning
package import MarketModel

extension BinanceVenue {
    /// Reads `ping`, `time`, `exchangeInfo` and `depth` ("Market Data endpoints" of the REST API).
    package func question(_ request: VenueRequest) -> VenueQuestion? {
        guard request.method == "GET" else { return nil }
        guard let endpoint = request.endpoint(below: market.restPrefix + "/") else {
            // Clients load the instruments of all products, and fail if one is missing.
            let isForeign = BinanceMarket.restPrefixes.contains { prefix in
                request.endpoint(below: prefix + "/") == "exchangeInfo"
            }
            return isForeign ? .foreign(RESTAnswer(json: #"{"timezone":"UTC","symbols":[]}"#)) : nil
        }
        switch endpoint {
        case "ping": return .answered(RESTAnswer(json: "{}"))
        case "time": return .time
        case "exchangeInfo": return .instruments(InstrumentQuery(symbols: Self.symbols(request)))
        case "depth": return depthQuestion(request)
        default: return nil
        }
    }

    private static func symbols(_ request: VenueRequest) -> [String]? {
        if let symbol = request.parameter("symbol") { return [symbol] }
        guard let list = request.parameter("symbols") else { return nil }
        return list.split { "[]\", ".contains($0) }.map(String.init)
    }

    private func depthQuestion(_ request: VenueRequest) -> VenueQuestion {
        guard let symbol = request.parameter("symbol"), !symbol.isEmpty else {
            let reason = "Mandatory parameter 'symbol' was not sent, was empty/null, or malformed."
            return .answered(Self.error(400, -1102, reason))
        }
        guard let text = request.parameter("limit") else {
            return .book(symbol: symbol, depth: market == .spot ? 100 : 500)
        }
        switch market {
        case .spot:
            guard let limit = Int(text), limit > 0 else {
                return .answered(Self.error(400, -1130, "Data sent for parameter 'limit' is not valid."))
            }
            return .book(symbol: symbol, depth: min(limit, 5000))
        case .usdm:
            guard let limit = Int(text), [5, 10, 20, 50, 100, 500, 1000].contains(limit) else {
                return .answered(Self.error(400, -4021, "\(text.prefix(20)) is not valid depth limit."))
            }
            return .book(symbol: symbol, depth: limit)
        }
    }

    package func notServed(_ request: VenueRequest) -> RESTAnswer? {
        guard let endpoint = request.endpoint(below: market.restPrefix + "/") else { return nil }
        return Self.error(404, -1, "feedrec replay has no answer for \(market.restPrefix)/\(endpoint.prefix(60))")
    }

    /// Books of the best levels have no numbers that a change continues.
    package func snapshotChannel(of channels: [String]) -> String? {
        channels.first { $0 == "depth" || $0.hasPrefix("depth@") }
    }

    package func answer(time now: UnixNanoseconds) -> RESTAnswer {
        RESTAnswer(json: #"{"serverTime":\#(Self.milliseconds(now))}"#)
    }

    package func answer(book: VenueBook, depth: Int, now: UnixNanoseconds) -> RESTAnswer? {
        guard let number = book.number else { return nil }
        let sides = [book.bids, book.asks].map { side in
            VenueBook.list(Array(side.prefix(depth))) { #"["\#($0.price)","\#($0.size)"]"# }
        }
        let times = market == .spot ? "" : #""E":\#(Self.milliseconds(now)),"T":\#(book.milliseconds),"#
        let text = #"{"lastUpdateId":\#(number),\#(times)"bids":\#(sides[0]),"asks":\#(sides[1])}"#
        return RESTAnswer(json: text)
    }

    /// Writes `exchangeInfo`: instruments as the venue described them, or made from what the tape shows.
    package func answer(
        instruments: [VenueInstrument],
        to query: InstrumentQuery,
        now: UnixNanoseconds
    ) -> RESTAnswer {
        let symbols = instruments.map { $0.details ?? BinanceMadeInstrument(instrument: $0, market: market).json }
        let product = market == .spot ? "" : #""futuresType":"U_MARGINED","assets":[],"#
        let text =
            #"{"timezone":"UTC","serverTime":\#(Self.milliseconds(now)),\#(product)"rateLimits":[],"#
            + #""exchangeFilters":[],"symbols":[\#(symbols.joined(separator: ","))]}"#
        return RESTAnswer(json: text)
    }

    package func answer(refusal: VenueRefusal) -> RESTAnswer {
        switch refusal {
        case .unknownSymbol: Self.error(400, -1121, "Invalid symbol.")
        case .noBook(let symbol): Self.error(503, -1000, "the recording has no order book of \(symbol) at this time")
        }
    }

    static func error(_ status: Int, _ code: Int, _ message: String) -> RESTAnswer {
        RESTAnswer(status: status, json: #"{"code":\#(code),"msg":\#(JSONText.quoted(message))}"#)
    }

    static func milliseconds(_ time: UnixNanoseconds) -> Int64 { time.rawValue / 1_000_000 }
}

extension BinanceMarket {
    /// The prefixes of the HTTP interfaces of all products, also of those that feedrec does not read.
    fileprivate static let restPrefixes = ["/api/v3", "/fapi/v1", "/dapi/v1", "/eapi/v1"]
}
