/// A position of an account, as a venue reports it; amounts as the venue's own text, `nil` if the message lacks them.
package struct PositionUpdate: Sendable, Hashable {
    package var origin: EventOrigin
    package var symbol: SymbolIndex
    package var tsEvent: UnixNanoseconds?
    /// The venue's name for the account or the position, if it has one.
    package var account: String?
    /// `long` or `short`; `nil` if the sign of ``size`` says it.
    package var side: String?
    /// Contracts or units; 0 for a closed position.
    package var size: String?
    package var entryPrice: String?
    package var markPrice: String?
    package var liquidationPrice: String?
    package var unrealisedProfit: String?
    package var realisedProfit: String?
    package var initialMargin: String?
    package var maintenanceMargin: String?
    package var leverage: String?
    /// `cross` or `isolated`.
    package var marginMode: String?
    /// The record as received.
    package var json: [UInt8] = []

    package init(origin: EventOrigin, symbol: SymbolIndex) {
        self.origin = origin
        self.symbol = symbol
    }
}
