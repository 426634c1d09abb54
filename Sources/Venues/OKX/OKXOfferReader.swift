import JSONScanning
import MarketModel

/// What a tape of OKX has for its clients: the subscriptions of its recorders, and the channels in its messages.
struct OKXOfferReader: VenueOfferReader {
    private(set) var offer = VenueOffer()
    let needsMessages = true
    /// The maximum number of names to collect.
    private static let streamsMax = 100_000

    init(symbols: Set<String>) { offer.symbols = symbols }

    /// Adds the streams of a recorder's subscription, `{"streams":["trades:BTC-USDT"]}`; false if it adds none.
    mutating func note(subscription: String) -> Bool {
        let known = offer.streams.count
        var subscription = subscription
        subscription.withUTF8 { bytes in
            try? JSONText.forEachText(in: "streams", of: UnsafeRawBufferPointer(bytes)) { insert($0) }
        }
        return offer.streams.count > known
    }

    mutating func note(_ batch: MessageBatch) {
        batch.bytes.withUnsafeBytes { bytes in
            for entry in batch.entries where entry.direction == .received && entry.kind != .rest {
                let payload = UnsafeRawBufferPointer(rebasing: bytes[entry.range])
                JSONText.withPlain(payload) { plain in
                    let envelope = OKXEnvelope(JSONCursor(plain))
                    guard envelope.failure == nil, let name = envelope.argument?.argument?.name else { return }
                    insert(name)
                }
            }
        }
    }

    private mutating func insert(_ stream: String) {
        if offer.streams.count < Self.streamsMax { offer.streams.insert(stream) } else { offer.isComplete = false }
    }
}
