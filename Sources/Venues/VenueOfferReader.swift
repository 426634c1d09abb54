package import MarketModel

/// Collects what a tape has for a venue's clients, from recorders' subscriptions and from the messages.
package protocol VenueOfferReader: Sendable {
    /// True if messages must be read to know what the tape has.
    var needsMessages: Bool { get }

    /// Adds a recorder's subscription, as it was stored; returns false if that does not tell what the tape can have.
    mutating func note(subscription: String) -> Bool

    /// Adds the received messages of a batch.
    mutating func note(_ batch: MessageBatch)

    /// What was collected so far.
    var offer: VenueOffer { get }
}

extension VenueOffer {
    /// Returns the part of the offer for clients of `venue` that may see only `symbols`.
    package func restricted(to symbols: Set<String>, at venue: Venue) -> VenueOffer {
        var offer = self
        offer.symbols.formIntersection(symbols)
        offer.streams = offer.streams.filter { stream in
            venue.definition.symbol(ofStream: stream).map(symbols.contains) ?? false
        }
        return offer
    }
}
