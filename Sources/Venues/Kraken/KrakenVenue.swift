import JSONScanning
package import MarketModel

extension Venue {
    /// Kraken's spot market, by its WebSocket API v2.
    package static let kraken = Venue(KrakenVenue())
}

/// Kraken's spot market, by its WebSocket API v2 (docs.kraken.com, "Spot WebSockets v2").
package struct KrakenVenue: VenueDefinition {
    package let name = "kraken"
    package let aliases = ["kraken-v2"]
    package let defaultURL: String? = "wss://ws.kraken.com/v2"

    package init() {}

    /// The venue numbers the trades of a symbol, but not its quotes.
    package var rules: VenueRules {
        var rules = VenueRules()
        rules.numbersTrades = true
        rules.acknowledgementTimeout = .seconds(10)
        rules.merging = .impossible(reason: "its quotes carry no numbers to tell them apart")
        return rules
    }

    package func makeReader(_ reading: VenueReading) -> any VenueDialect {
        var dialect = KrakenDialect()
        if let levels = reading.bookLevels { dialect.knownBooks.depthOfUnknown = KrakenDepth.fitting(levels: levels) }
        return dialect
    }

    package func instrumentNames(_ exchange: RESTExchange, _ body: UnsafeRawBufferPointer) -> [String]? {
        guard KrakenInstruments.isList(exchange) else { return nil }
        return JSONText.withPlain(body) { plain in (try? KrakenInstruments.list(plain))?.map(\.symbol) }
    }
}
