package import MarketModel

/// The meaning of a simulated message, to compare with a recording of it.
///
/// Decimals have as few digits as possible, as they are written.
package enum MT4LedgerEntry: Sendable, Hashable {
    case quote(Quote)
    case margin(Margin)
    /// A message with this name, whose meaning is not recorded.
    case other(String)

    package struct Quote: Sendable, Hashable {
        package var symbol: String
        package var tsEvent: UnixNanoseconds?
        package var bidPrice: FixedDecimal
        package var askPrice: FixedDecimal

        package init(symbol: String, tsEvent: UnixNanoseconds?, bidPrice: FixedDecimal, askPrice: FixedDecimal) {
            self.symbol = symbol
            self.tsEvent = tsEvent
            self.bidPrice = bidPrice.withoutTrailingZeros
            self.askPrice = askPrice.withoutTrailingZeros
        }
    }

    package struct Margin: Sendable, Hashable {
        package var login: Int64
        package var leverage: Int64?
        package var balance: FixedDecimal?
        package var equity: FixedDecimal?
        package var volume: FixedDecimal?
        package var margin: FixedDecimal?
        package var marginFree: FixedDecimal?
        /// Percent; 0 while the margin is 0.
        package var marginLevel: FixedDecimal?
        package var state: MarginState?

        package init(_ update: MarginUpdate) {
            login = update.login
            leverage = update.leverage
            balance = update.balance?.withoutTrailingZeros
            equity = update.equity?.withoutTrailingZeros
            volume = update.volume?.withoutTrailingZeros
            margin = update.margin?.withoutTrailingZeros
            marginFree = update.marginFree?.withoutTrailingZeros
            marginLevel = update.marginLevel?.withoutTrailingZeros
            state = update.state
        }
    }
}
