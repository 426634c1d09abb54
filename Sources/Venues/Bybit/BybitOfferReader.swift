import JSONScanning
import MarketModel

/// What a tape of Bybit has for its clients: the topics that the recorder asked for, and those of the messages.
struct BybitOfferReader: VenueOfferReader {
    private(set) var offer = VenueOffer()
    let needsMessages = true
    /// The maximum number of topics to collect.
    private static let topicsMax = 100_000
    private var seen = SymbolTable()

    init(symbols: Set<String>) { offer.symbols = symbols }

    /// Adds the topics of a recorder's subscription, `{"topics":["publicTrade.BTCUSDT"],…}`; returns false if it adds
    /// none.
    mutating func note(subscription: String) -> Bool {
        let known = offer.streams.count
        var text = subscription
        text.withUTF8 { bytes in
            try? JSONText.forEachText(in: "topics", of: UnsafeRawBufferPointer(bytes)) { insert($0) }
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
        var cursor = JSONCursor(payload)
        guard (try? cursor.enterObject()) != nil else { return }
        while let key = try? cursor.nextKey() {
            guard let value = try? cursor.nextValue() else { return }
            guard key.equals("topic"), value.kind == .string else { continue }
            let count = seen.count
            guard count < Self.topicsMax else { return offer.isComplete = false }
            let index = seen.intern(value.bytes)
            if seen.count > count { insert(seen.text(of: index)) }
            return
        }
    }

    private mutating func insert(_ topic: String) {
        if offer.streams.count < Self.topicsMax { offer.streams.insert(topic) } else { offer.isComplete = false }
    }
}
