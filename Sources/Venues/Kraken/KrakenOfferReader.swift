import JSONScanning
import MarketModel

/// What a tape has for its clients: symbols, and the depths of books as streams such as `book-1000`.
///
/// A client that holds fewer levels than the tape would miss the levels that move up, so a book is only served with
/// the depth of its recording.
struct KrakenOfferReader: VenueOfferReader {
    private var symbolReader: SymbolOfferReader
    private var depths: Set<String> = []
    let needsMessages = false

    init(symbols: Set<String>) { symbolReader = SymbolOfferReader(symbols: symbols) }

    var offer: VenueOffer {
        var offer = symbolReader.offer
        offer.streams = depths
        return offer
    }

    /// The stream of a book with `depth` levels a side.
    static func stream(depth: Int) -> String { "book-\(depth)" }

    /// Adds a recorder's subscription: `{"symbols":["BTC/USD"],"channels":["book"],"depth":1000}`.
    mutating func note(subscription: String) -> Bool {
        var text = subscription
        let depth: Int64? = text.withUTF8 { bytes in
            var cursor = JSONCursor(UnsafeRawBufferPointer(bytes))
            var depth: Int64?
            try? cursor.nextValue().forEachMember { key, value in
                if key.equals("depth") { depth = value.integer }
            }
            return depth
        }
        if let depth, let number = Int(exactly: depth) { depths.insert(Self.stream(depth: number)) }
        return symbolReader.note(subscription: subscription)
    }

    mutating func note(_ batch: MessageBatch) {}
}
