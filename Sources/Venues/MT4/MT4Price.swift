import JSONScanning
import MarketModel

/// One side of a tick as the hub writes it.
struct MT4Price {
    /// `nil` if there is no price or if it is unreadable.
    let value: FixedDecimal?
    /// True if the member is neither a price nor a known form of "no price".
    let isUnreadable: Bool

    /// Reads a price.
    ///
    /// JSON cannot express "not a number", so hubs omit it or write `null`, `"NaN"` or `"Infinity"`.
    init(_ member: JSONValue?) {
        value = member?.decimal
        let isAbsent =
            member?.isNull ?? true || member?.equals("NaN") == true || member?.equals("Infinity") == true
            || member?.equals("-Infinity") == true
        isUnreadable = value == nil && !isAbsent
    }
}
