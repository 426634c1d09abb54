/// Decides what counts as a price and as an execution, for events, stored rows, bars and replays alike.
///
/// A venue signals "no price" by sending none, or a size of 0. The value of a price is never a signal: oil closed at
/// -37.63, and 0 is a valid price.
package enum PriceRule {
    /// The price of one side of a quote; `nil` if the side has none.
    @inline(__always)
    package static func price<Price>(_ price: Price?, isSizeZero: Bool) -> Price? {
        isSizeZero ? nil : price
    }

    /// True for a trade with a size above 0; `mantissa` is that of the size.
    @inline(__always)
    package static func isExecution(size mantissa: Int64) -> Bool { mantissa > 0 }
}
