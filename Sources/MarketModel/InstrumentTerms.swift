/// The terms of an instrument, as a venue states them; what it does not state is `nil`.
package struct InstrumentTerms: Sendable, Hashable {
    /// The smallest step of a price.
    package var tickSize: FixedDecimal?
    /// The smallest step of a size.
    package var lotSize: FixedDecimal?
    /// The amount of the underlying in one contract.
    package var contractSize: FixedDecimal?
    /// `spot`, `perpetual`, `future`, `option`, or the venue's own word.
    package var kind: String?
    /// What is bought and sold, such as `BTC`.
    package var base: String?
    /// What prices are counted in, such as `USDT`.
    package var quote: String?
    /// The venue's own word, such as `TRADING`.
    package var status: String?
    package var tsExpiry: UnixNanoseconds?

    package init() {}

    package var isEmpty: Bool { self == InstrumentTerms() }
}
