package import MarketModel

/// What clients of a venue may ask a tape for.
extension Venue {
    /// The parameters that the venue's own clients put into a URL's query, beside a token.
    package var queryParameters: [String] {
        switch self {
        // signalrcore sends `connectionId` if it has not negotiated.
        case .mt4: ["id", "connectionId", "_", "negotiateVersion"]
        case .binanceSpot: BinanceSpotSession.queryParameters
        }
    }

    /// True if `name` is one of ``queryParameters``; a hub does not care about its case.
    package func takesParameter(_ name: String) -> Bool {
        switch self {
        case .mt4: queryParameters.contains { $0.lowercased() == name.lowercased() }
        case .binanceSpot: queryParameters.contains(name)
        }
    }

    /// Why a client that opens `target` cannot be served; `nil` if it can.
    ///
    /// `target` is the path and the query as sent. Without an `offer`, only what the venue itself would not take is
    /// refused.
    package func refusal(ofTarget target: String, offer: VenueOffer?) -> String? {
        switch self {
        case .mt4: nil
        case .binanceSpot: BinanceSpotSession.refusal(ofTarget: target, offer: offer)
        }
    }

    /// A symbol as the venue's messages write it: some venues do not care about case.
    package func symbol(_ text: String) -> String {
        switch self {
        case .mt4: text
        case .binanceSpot: text.uppercased()
        }
    }

    /// Collects what a tape has for the venue's clients; `symbols` are those that it has ticks of.
    package func makeOfferReader(symbols: Set<String>) -> VenueOfferReader {
        VenueOfferReader(self, symbols: symbols)
    }
}

extension VenueOffer {
    /// What remains of it for clients that may see `symbols` only.
    package func restricted(to symbols: Set<String>) -> VenueOffer {
        var offer = self
        offer.symbols.formIntersection(symbols)
        let prefixes = Set(symbols.map { $0.lowercased() })
        offer.streams = offer.streams.filter { prefixes.contains(String($0.prefix { $0 != "@" })) }
        return offer
    }
}

/// Collects what a tape has, from what recorders asked for and from its messages.
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

    /// True if messages have to be read to know what there is.
    package var needsMessages: Bool { if case .binance = content { true } else { false } }

    /// Notes what a recorder asked for, as it was stored; false if that does not say what the tape can hold.
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

    /// Notes the received messages of a batch.
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
