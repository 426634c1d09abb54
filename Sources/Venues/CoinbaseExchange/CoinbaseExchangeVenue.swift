import MarketModel

extension Venue {
    /// Coinbase Exchange, the older interface; for import only.
    package static let coinbaseExchange = Venue(CoinbaseExchangeVenue())
}

/// Coinbase Exchange, formerly Coinbase Pro (docs.cdp.coinbase.com/exchange, "WebSocket Feed"); for import only.
package struct CoinbaseExchangeVenue: ReadingOnlyVenue {
    package let name = "coinbase-exchange"
    package let replacement = "coinbase"

    package init() {}

    package var examples: VenueExamples {
        var examples = VenueExamples()
        examples.importing = [
            """
            feedrec import messages multi10.cf.txt.gz --venue coinbase-exchange \\
              --archive ./tape
            """
        ]
        return examples
    }

    /// The venue numbers the trades of a symbol.
    package var rules: VenueRules {
        var rules = VenueRules()
        rules.numbersTrades = true
        rules.merging = .impossible(reason: "its books carry no numbers to tell them apart")
        return rules
    }

    package func makeReader(_ reading: VenueReading) -> any VenueDialect { CoinbaseExchangeDialect() }

    package func makeRedactor(_ reading: VenueReading) -> (any MessageRedactor)? { CoinbaseRedactor() }
}
