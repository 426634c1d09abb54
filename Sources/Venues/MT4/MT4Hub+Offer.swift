import JSONScanning

extension MT4Hub {
    /// The offer of a tape with ticks of `symbols`.
    ///
    /// If there are none, the offer is incomplete.
    static func offer(_ symbols: Set<String>) -> VenueOffer {
        var offer = VenueOffer()
        offer.symbols = symbols
        offer.isComplete = !symbols.isEmpty
        return offer
    }

    /// Returns the symbols of a recorder's subscription: `{"symbols":["EURUSD"],…}`.
    static func symbols(inSubscription subscription: String) -> [String] {
        var text = subscription
        return text.withUTF8 { bytes in
            var symbols: [String] = []
            try? JSONText.forEachText(in: "symbols", of: UnsafeRawBufferPointer(bytes)) { symbols.append($0) }
            return symbols
        }
    }
}
