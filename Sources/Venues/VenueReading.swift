package import MarketModel
package import SignalRProtocol

/// The settings for reading and keeping a venue's messages.
package struct VenueReading: Sendable, Hashable {
    /// The time zone of times in the messages, if the venue does not give one; `nil` means UTC.
    package var brokerTimeZone: ZoneRules?
    /// True if personal data may be stored.
    ///
    /// Secrets are never stored.
    package var keepsPersonalData: Bool
    /// The protocol of a hub, for recordings without a handshake; `nil` if it is not known.
    package var hubProtocol: HubProtocol?
    /// The levels of the deeper side of a stored book whose changes are to be read; `nil` if there is none.
    ///
    /// It shows the depth of a book if the answers to the subscription are in an earlier file.
    package var bookLevels: Int?
    /// The user's description of the messages; `nil` if the venue needs none, or if it cannot be used.
    package var mapping: FeedMapping?
    /// The symbols whose order books give quotes, because the venue sends none.
    package var quotesFromBook = SymbolSelection.none

    /// The member under which subscriptions and the configurations of imports have ``quotesFromBook``.
    package static let quotesFromBookName = "quotes_from_book"

    package init(
        brokerTimeZone: ZoneRules? = nil,
        keepsPersonalData: Bool = false,
        hubProtocol: HubProtocol? = nil
    ) {
        self.brokerTimeZone = brokerTimeZone
        self.keepsPersonalData = keepsPersonalData
        self.hubProtocol = hubProtocol
    }
}
