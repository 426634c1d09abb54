package import MarketModel

/// What clients of a venue may ask a tape for.
extension Venue {
    /// The query parameters that the venue's own clients send, apart from a token.
    package var queryParameters: [String] {
        switch self {
        // signalrcore sends `connectionId` if it has not negotiated.
        case .mt4: ["id", "connectionId", "_", "negotiateVersion"]
        case .binanceSpot: BinanceSpotSession.queryParameters
        }
    }

    /// True if `name` is one of ``queryParameters``.
    ///
    /// A hub ignores case.
    package func takesParameter(_ name: String) -> Bool {
        switch self {
        case .mt4: queryParameters.contains { $0.lowercased() == name.lowercased() }
        case .binanceSpot: queryParameters.contains(name)
        }
    }

    /// The reason why a client that opens `target` cannot be served; `nil` if it can.
    ///
    /// `target` is the path and the query as sent. Without an `offer`, only targets that the venue itself would refuse
    /// are refused.
    package func refusal(ofTarget target: String, offer: VenueOffer?) -> String? {
        switch self {
        case .mt4: nil
        case .binanceSpot: BinanceSpotSession.refusal(ofTarget: target, offer: offer)
        }
    }

    /// Returns a symbol as the venue's messages write it.
    ///
    /// Some venues ignore case.
    package func symbol(_ text: String) -> String {
        switch self {
        case .mt4: text
        case .binanceSpot: text.uppercased()
        }
    }

    /// Makes a reader that collects what a tape has for the venue's clients.
    ///
    /// `symbols` are those with ticks on the tape.
    package func makeOfferReader(symbols: Set<String>) -> VenueOfferReader {
        VenueOfferReader(self, symbols: symbols)
    }
}

extension VenueOffer {
    /// Returns the part of the offer for clients that may see only `symbols`.
    package func restricted(to symbols: Set<String>) -> VenueOffer {
        var offer = self
        offer.symbols.formIntersection(symbols)
        let prefixes = Set(symbols.map { $0.lowercased() })
        offer.streams = offer.streams.filter { prefixes.contains(String($0.prefix { $0 != "@" })) }
        return offer
    }
}

/// Collects what a tape has, from recorders' subscriptions and from the messages.
package struct VenueOfferReader: Sendable {
    private enum Content: Sendable {
        case symbols(VenueOffer)
        case binance(BinanceOffer)
    }

    private var content: Content
    private let symbols: Set<String>

    init(_ venue: Venue, symbols: Set<String>) {
        self.symbols = symbols
        switch venue {
        case .mt4: content = .symbols(MT4Hub.offer(symbols))
        case .binanceSpot: content = .binance(BinanceOffer())
        }
    }

    /// True if messages must be read to know what the tape has.
    package var needsMessages: Bool { if case .binance = content { true } else { false } }

    /// Adds a recorder's subscription, as it was stored; returns false if that does not tell what the tape can have.
    package mutating func note(subscription: String) -> Bool {
        switch content {
        case .symbols(var offer):
            offer.symbols.formUnion(MT4Hub.symbols(inSubscription: subscription))
            content = .symbols(offer)
            return true
        case .binance(var offer):
            let isKnown = offer.note(subscription: subscription)
            content = .binance(offer)
            return isKnown
        }
    }

    /// Adds the received messages of a batch.
    package mutating func note(_ batch: MessageBatch) {
        guard case .binance(var offer) = content else { return }
        batch.bytes.withUnsafeBytes { bytes in
            for entry in batch.entries where entry.direction == .received {
                offer.note(UnsafeRawBufferPointer(rebasing: bytes[entry.range]))
            }
        }
        content = .binance(offer)
    }

    package var offer: VenueOffer {
        switch content {
        case .symbols(let offer): return offer
        case .binance(let reader):
            var offer = reader.offer
            offer.symbols = symbols
            return offer
        }
    }
}
