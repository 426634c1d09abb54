import MarketModel

/// Numbers that a venue gave out and that never came.
struct SequenceHole: Sendable, Hashable {
    /// What the numbers count.
    enum Kind: Sendable, Hashable {
        /// Single executions.
        case trade
        /// Aggregates: messages with several executions.
        case aggregate
    }

    var symbol: String
    /// The first and the last number that is missing.
    var numbers: ClosedRange<Int64>
    var kind = Kind.trade
    /// False if bars have what is missing from other messages.
    var touchesBars = true
    /// How many that are, as far as an integer goes.
    var count: Int64 {
        let (distance, overflow) = numbers.upperBound.subtractingReportingOverflow(numbers.lowerBound)
        return overflow || distance == .max ? .max : distance + 1
    }
    /// When the number before came, and the one after.
    var tsFrom: UnixNanoseconds
    var tsTo: UnixNanoseconds

    /// What is missing, for people.
    var detail: String {
        let word = kind == .trade ? "trade" : "aggregate trade"
        let (first, last) = (numbers.lowerBound, numbers.upperBound)
        return "\(first == last ? "\(word) \(last)" : "\(word)s \(first) to \(last)") of \(symbol) never came"
    }
}
