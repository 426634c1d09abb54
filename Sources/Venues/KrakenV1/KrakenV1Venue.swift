import MarketModel

extension Venue {
    /// Kraken's spot market, by its older WebSocket API v1; for import only.
    package static let krakenV1 = Venue(KrakenV1Venue())
}

/// Kraken's spot market, by its older WebSocket API v1 (docs.kraken.com, "Spot WebSockets v1"); for import only.
package struct KrakenV1Venue: ReadingOnlyVenue {
    package let name = "kraken-v1"
    package let replacement = "kraken"

    package init() {}

    package var examples: VenueExamples {
        var examples = VenueExamples()
        examples.importing = ["feedrec import messages trades.txt --venue kraken-v1 --archive ./tape"]
        return examples
    }

    /// Newer messages of the venue number the trades of a symbol.
    package var rules: VenueRules {
        var rules = VenueRules()
        rules.numbersTrades = true
        rules.merging = .impossible(reason: "its quotes carry no numbers to tell them apart")
        return rules
    }

    package func makeReader(_ reading: VenueReading) -> any VenueDialect { KrakenV1Dialect() }
}
