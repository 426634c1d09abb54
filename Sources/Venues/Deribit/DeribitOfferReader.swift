import JSONScanning
import MarketModel

/// What a tape of Deribit has for its clients: the channels that the recorder asked for, and those of the messages.
struct DeribitOfferReader: VenueOfferReader {
    private(set) var offer = VenueOffer()
    let needsMessages = true
    /// The maximum number of channels to collect.
    private static let channelsMax = 100_000
    private var seen = SymbolTable()

    init(symbols: Set<String>) { offer.symbols = symbols }

    /// Adds the channels of a recorder's subscription, `{"channels":["quote.BTC-PERPETUAL"],…}`; returns false if it
    /// adds none.
    mutating func note(subscription: String) -> Bool {
        let known = offer.streams.count
        var text = subscription
        text.withUTF8 { bytes in
            try? JSONText.forEachText(in: "channels", of: UnsafeRawBufferPointer(bytes)) { insert($0) }
        }
        return offer.streams.count > known
    }

    mutating func note(_ batch: MessageBatch) {
        batch.bytes.withUnsafeBytes { bytes in
            for entry in batch.entries where entry.direction == .received && entry.kind != .rest {
                JSONText.withPlain(UnsafeRawBufferPointer(rebasing: bytes[entry.range])) { note($0) }
            }
        }
    }

    private mutating func note(_ payload: UnsafeRawBufferPointer) {
        guard let name = DeribitEnvelope(JSONCursor(payload)).channel, name.kind == .string else { return }
        let count = seen.count
        guard count < Self.channelsMax else { return offer.isComplete = false }
        let index = seen.intern(name.bytes)
        if seen.count > count { insert(seen.text(of: index)) }
    }

    private mutating func insert(_ channel: String) {
        if offer.streams.count < Self.channelsMax { offer.streams.insert(channel) } else { offer.isComplete = false }
    }
}
