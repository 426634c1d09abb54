import JSONScanning

extension MT4Hub {
    /// A tape with ticks of `symbols`; if there are none, nothing is known of it.
    static func offer(_ symbols: Set<String>) -> VenueOffer {
        var offer = VenueOffer()
        offer.symbols = symbols
        offer.isComplete = !symbols.isEmpty
        return offer
    }

    /// The symbols that a recorder asked for: `{"symbols":["EURUSD"],…}`.
    static func symbols(inSubscription subscription: String) -> [String] {
        var text = subscription
        return text.withUTF8 { bytes in
            var symbols: [String] = []
            try? JSONText.forEachText(in: "symbols", of: UnsafeRawBufferPointer(bytes)) { symbols.append($0) }
            return symbols
        }
    }
}
