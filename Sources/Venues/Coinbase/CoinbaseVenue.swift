import JSONScanning
package import MarketModel

extension Venue {
    /// Coinbase Advanced Trade.
    package static let coinbase = Venue(CoinbaseVenue())
}

/// Coinbase Advanced Trade (docs.cdp.coinbase.com, "Advanced Trade WebSocket"): spot and futures.
package struct CoinbaseVenue: VenueDefinition {
    package let name = "coinbase"
    package let aliases = ["coinbase-advanced"]
    package let defaultURL: String? = "wss://advanced-trade-ws.coinbase.com"

    package init() {}

    /// The venue numbers the messages of a connection; its trade numbers are not promised to be consecutive.
    package var rules: VenueRules {
        var rules = VenueRules()
        rules.acknowledgementTimeout = .seconds(10)
        rules.merging = .impossible(reason: "its quotes carry no numbers to tell them apart")
        return rules
    }

    package func makeReader(_ reading: VenueReading) -> any VenueDialect { CoinbaseDialect() }

    package func makeRedactor(_ reading: VenueReading) -> (any MessageRedactor)? { CoinbaseRedactor() }

    package func instrumentNames(_ exchange: RESTExchange, _ body: UnsafeRawBufferPointer) -> [String]? {
        guard CoinbaseProducts.isList(exchange) else { return nil }
        return JSONText.withPlain(body) { plain in
            var names: [String] = []
            do throws(JSONError) {
                try CoinbaseProducts.forEach(in: plain) { names.append($0.name) }
            } catch {
                return nil
            }
            return names
        }
    }

    package func symbol(_ text: String) -> String { CoinbaseSymbol.answered(text) }
}
