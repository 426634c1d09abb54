import JSONScanning
import MarketModel

/// What a tape of Binance messages has for its clients.
struct BinanceOfferReader: VenueOfferReader {
    private(set) var offer = VenueOffer()
    let needsMessages = true
    /// The maximum number of names to collect.
    private static let streamsMax = 100_000
    /// Milliseconds since 1970 have 13 digits until the year 2286.
    private static let millisecondDigitsMax = 13
    private var name: [UInt8] = []

    private let market: BinanceMarket

    init(market: BinanceMarket = .spot, symbols: Set<String> = []) {
        self.market = market
        offer.symbols = symbols
    }

    /// Adds the streams of a recorder's subscription, `{"streams":["btcusdt@trade"]}`; returns false if it adds none.
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
                note(UnsafeRawBufferPointer(rebasing: bytes[entry.range]))
            }
        }
    }

    /// Adds a received message: the streams it may have arrived on, and the unit of its time.
    mutating func note(_ payload: UnsafeRawBufferPointer) {
        guard let envelope = try? BinanceEnvelope(JSONCursor(payload)) else { return }
        if envelope.isCombined, let stream = envelope.stream?.text, let data = envelope.data {
            insert(stream)
            if data.kind == .object, let inner = try? BinanceEnvelope(JSONCursor(data)) { noteTime(inner) }
            return
        }
        noteTime(envelope)
        var alternative = 0
        while BinanceStreamName.write(of: envelope, market, alternative: alternative, to: &name) {
            insert(String(decoding: name, as: UTF8.self))
            alternative += 1
        }
        // A client may ask for this event by a stream name that we do not know.
        if alternative == 0, let event = envelope.event, !event.bytes.equals("serverShutdown") {
            offer.isComplete = false
        }
    }

    private mutating func insert(_ stream: String) {
        if offer.streams.count < Self.streamsMax { offer.streams.insert(stream) } else { offer.isComplete = false }
    }

    private mutating func noteTime(_ envelope: BinanceEnvelope) {
        guard let time = envelope.time, time.kind == .number else { return }
        offer.timeUnits.insert(time.bytes.count > Self.millisecondDigitsMax ? .microseconds : .milliseconds)
    }
}
