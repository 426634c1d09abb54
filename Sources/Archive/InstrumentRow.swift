/// A row of `instrument`: what is traded, and the digits its ticks are stored with.
///
/// ``ArchiveWriter/makeInstrumentID()`` gives the key. An instrument that needs more digits gets a further row.
package struct InstrumentRow: Hashable, Sendable {
    package var instrumentID: Int64
    package var venue: String
    package var symbol: String
    /// Digits behind the point, 0 to 18.
    package var priceDigits: UInt8
    package var sizeDigits: UInt8
    /// Contract details as the venue gave them, JSON.
    package var details: String?

    package init(
        instrumentID: Int64,
        venue: String,
        symbol: String,
        priceDigits: UInt8,
        sizeDigits: UInt8,
        details: String? = nil
    ) {
        self.instrumentID = instrumentID
        self.venue = venue
        self.symbol = symbol
        self.priceDigits = priceDigits
        self.sizeDigits = sizeDigits
        self.details = details
    }
}
