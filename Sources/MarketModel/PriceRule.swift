/// Decides what counts as a price and as an execution: for events, stored rows, bars and replays alike.
///
/// The venue says that there is nothing by naming no price, or a size of 0. Neither the sign of a price nor its value
/// says so: oil closed at -37.63, and a price of 0 is one.
package enum PriceRule {
    /// The price of one side of a quote; `nil` if the side has none.
    @inline(__always)
    package static func price<Price>(_ price: Price?, isSizeZero: Bool) -> Price? {
        isSizeZero ? nil : price
    }

    /// True for a trade in which something changed hands, given the mantissa of its size.
    @inline(__always)
    package static func isExecution(size mantissa: Int64) -> Bool { mantissa > 0 }
}
