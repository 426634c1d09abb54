import JSONScanning
import MarketModel

/// What a tape has for its clients: the symbols with ticks, and those that a recorder subscribed to.
///
/// For venues whose plan stores `symbols` in ``VenuePlan/subscription``.
struct SymbolOfferReader: VenueOfferReader {
    private(set) var offer = VenueOffer()
    let needsMessages = false

    /// Starts with the symbols that have ticks.
    ///
    /// If there are none, the offer is incomplete.
    init(symbols: Set<String>) {
        offer.symbols = symbols
        offer.isComplete = !symbols.isEmpty
    }

    /// Adds the symbols of a recorder's subscription: `{"symbols":["EURUSD"],…}`.
    mutating func note(subscription: String) -> Bool {
        var text = subscription
        text.withUTF8 { bytes in
            try? JSONText.forEachText(in: "symbols", of: UnsafeRawBufferPointer(bytes)) { offer.symbols.insert($0) }
        }
        return true
    }

    mutating func note(_ batch: MessageBatch) {}
}
