import JSONScanning
import MarketModel

/// One side of a tick as the hub writes it.
struct MT4Price {
    /// `nil` if there is none, and if it is unreadable.
    let value: FixedDecimal?
    /// True for something that is neither a price nor one of the ways to say that there is none.
    let isUnreadable: Bool

    /// JSON has no word for a number that is none, so hubs leave it out, or write `null`, `"NaN"` or `"Infinity"`.
    init(_ member: JSONValue?) {
        value = member?.decimal
        let isAbsent =
            member?.isNull ?? true || member?.equals("NaN") == true || member?.equals("Infinity") == true
            || member?.equals("-Infinity") == true
        isUnreadable = value == nil && !isAbsent
    }
}
