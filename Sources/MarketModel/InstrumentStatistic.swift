/// A number that a venue publishes about an instrument, apart from quotes and trades.
package struct InstrumentStatistic: Sendable, Hashable {
    package enum Kind: UInt8, Sendable, Hashable, CaseIterable {
        /// The rate of the next funding payment, as a fraction: 0.0001 is 1 basis point.
        case fundingRate = 0
        case markPrice = 1
        case indexPrice = 2
        /// The open contracts, in the venue's unit of size.
        case openInterest = 3
        /// A forced order: ``value`` is its price.
        case liquidation = 4
    }

    package var origin: EventOrigin
    package var symbol: SymbolIndex
    package var kind: Kind
    package var tsEvent: UnixNanoseconds?
    package var value: FixedDecimal
    /// The size of a liquidation; otherwise `nil`.
    package var size: FixedDecimal?
    /// The side of a forced order that takes liquidity; otherwise `nil`.
    package var side: AggressorSide?
    /// When funding is paid next; otherwise `nil`.
    package var tsNext: UnixNanoseconds?

    package init(
        origin: EventOrigin,
        symbol: SymbolIndex,
        kind: Kind,
        tsEvent: UnixNanoseconds?,
        value: FixedDecimal
    ) {
        self.origin = origin
        self.symbol = symbol
        self.kind = kind
        self.tsEvent = tsEvent
        self.value = value
    }
}
