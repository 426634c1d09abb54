/// A row of `instrument`: what is traded, and the digits with which its ticks are stored.
///
/// ``ArchiveWriter/makeInstrumentID()`` assigns the key. If an instrument needs more digits, it gets another row.
package struct InstrumentRow: Hashable, Sendable {
    package var instrumentID: Int64
    package var venue: String
    package var symbol: String
    /// The decimal digits of prices, and in `sizeDigits` of sizes, 0 to 18.
    package var priceDigits: UInt8
    package var sizeDigits: UInt8
    /// Contract details as the venue sent them, as JSON.
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
