import MarketModel

/// Decides which rows bars use if a venue reports the same executions both singly and as aggregates.
///
/// Each execution counts once, in whatever order they come. While single trades come, bars use those and leave out what
/// aggregates have already counted. Aggregates count if no single trade has come for ten seconds. The decision is
/// stored with the row, because it depends on the order in which the rows came.
struct CountedExecutions: Sendable {
    private static let singlesMissedAfter = Duration.seconds(10)

    private var singles = NumberRanges()
    private var aggregates = NumberRanges()
    private var lastSingle: UnixNanoseconds?

    /// True if bars use this row; `numbers` are the executions in it, if the venue sends them.
    @inline(__always)
    mutating func count(_ numbers: ClosedRange<Int64>?, isAggregate: Bool, at tsRecv: UnixNanoseconds) -> Bool {
        guard !isAggregate else { return countAggregate(numbers, at: tsRecv) }
        lastSingle = tsRecv
        guard let numbers else { return true }
        guard !aggregates.overlaps(numbers) else { return false }
        singles.insert(numbers)
        return true
    }

    private mutating func countAggregate(_ numbers: ClosedRange<Int64>?, at tsRecv: UnixNanoseconds) -> Bool {
        if let lastSingle, tsRecv.since(lastSingle) < Self.singlesMissedAfter { return false }
        guard let numbers else { return true }
        guard !singles.overlaps(numbers) else { return false }
        aggregates.insert(numbers)
        return true
    }
}

/// Mostly consecutive numbers, stored as a few ranges.
struct NumberRanges: Sendable {
    /// Beyond this number of ranges, the lowest are dropped.
    private static let rangesMax = 64
    /// A number lower by this much starts a new count: a venue that was reset starts over.
    private static let restartDistance: Int64 = 1_000_000

    /// Ascending and separated by missing numbers.
    private var ranges: [ClosedRange<Int64>] = []

    @inline(__always)
    func overlaps(_ numbers: ClosedRange<Int64>) -> Bool {
        guard let last = ranges.last, numbers.lowerBound <= last.upperBound else { return false }
        return ranges.contains { $0.overlaps(numbers) }
    }

    @inline(__always)
    mutating func insert(_ numbers: ClosedRange<Int64>) {
        guard let last = ranges.last, last.upperBound != .max, numbers.lowerBound == last.upperBound + 1 else {
            return insertElsewhere(numbers)
        }
        ranges[ranges.count - 1] = last.lowerBound...numbers.upperBound
    }

    @inline(never)
    private mutating func insertElsewhere(_ numbers: ClosedRange<Int64>) {
        if let last = ranges.last, Self.isRestart(numbers.lowerBound, after: last.upperBound) { ranges.removeAll() }
        var merged = numbers
        ranges.removeAll { range in
            guard range.touches(merged) else { return false }
            merged = min(range.lowerBound, merged.lowerBound)...max(range.upperBound, merged.upperBound)
            return true
        }
        ranges.insert(merged, at: ranges.firstIndex { $0.lowerBound > merged.lowerBound } ?? ranges.endIndex)
        if ranges.count > Self.rangesMax { ranges.removeFirst() }
    }

    private static func isRestart(_ number: Int64, after last: Int64) -> Bool {
        guard number < last else { return false }
        let (distance, overflow) = last.subtractingReportingOverflow(number)
        return overflow || distance >= restartDistance
    }
}

extension ClosedRange<Int64> {
    /// True if the ranges overlap or no number lies between them.
    fileprivate func touches(_ other: ClosedRange<Int64>) -> Bool {
        if overlaps(other) { return true }
        let (lower, higher) = upperBound < other.lowerBound ? (self, other) : (other, self)
        return lower.upperBound + 1 == higher.lowerBound
    }
}
