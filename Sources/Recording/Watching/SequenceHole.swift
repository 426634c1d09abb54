import MarketModel

/// Numbers that a venue assigned but that never arrived.
struct SequenceHole: Sendable, Hashable {
    /// What the numbers count.
    enum Kind: Sendable, Hashable {
        /// Single executions.
        case trade
        /// Aggregates: messages with several executions.
        case aggregate
        /// All messages of a connection, whatever they are about.
        case message
    }

    /// Empty for messages of a connection.
    var symbol: String
    /// The missing numbers, from the first to the last.
    var numbers: ClosedRange<Int64>
    var kind = Kind.trade
    /// False if other messages gave bars the missing executions.
    var touchesBars = true
    /// The number of missing numbers, limited to `Int64.max`.
    var count: Int64 {
        let (distance, overflow) = numbers.upperBound.subtractingReportingOverflow(numbers.lowerBound)
        return overflow || distance == .max ? .max : distance + 1
    }
    /// The receive times of the number before the hole (`tsFrom`) and of the number after it (`tsTo`).
    var tsFrom: UnixNanoseconds
    var tsTo: UnixNanoseconds

    /// What is missing, in words for the user.
    var detail: String {
        let word =
            switch kind {
            case .trade: "trade"
            case .aggregate: "aggregate trade"
            case .message: "message"
            }
        let (first, last) = (numbers.lowerBound, numbers.upperBound)
        let subject = kind == .message ? "the connection" : symbol
        return "\(first == last ? "\(word) \(last)" : "\(word)s \(first) to \(last)") of \(subject) never arrived"
    }
}
