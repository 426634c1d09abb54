import MarketModel

/// The messages of a batch that are searched for, in order of time.
struct MessageSearch {
    /// Some formats round receive times: `cf` files have at most seven decimals, usually six.
    static let roundingNS: Int64 = 1000
    private static let roundedStepNS: Int64 = 100

    /// True if one of two different times may be the other one after rounding.
    static func isRounded(_ one: Int64, _ two: Int64) -> Bool {
        let (distance, overflow) = one.subtractingReportingOverflow(two)
        guard !overflow, distance > -roundingNS, distance < roundingNS else { return false }
        return one.isMultiple(of: roundedStepNS) || two.isMultiple(of: roundedStepNS)
    }

    private let batch: MessageBatch
    private let order: [Int]
    private(set) var isFound: [Bool]

    init(_ batch: MessageBatch) {
        self.batch = batch
        order = batch.entries.indices.sorted {
            (batch.entries[$0].tsRecv, $0) < (batch.entries[$1].tsRecv, $1)
        }
        isFound = Array(repeating: false, count: batch.count)
    }

    /// Time ranges that contain all messages and are at least `gapMin` apart.
    func ranges(gapMin: Int64, countMax: Int) -> [ClosedRange<Int64>] {
        guard let first = order.first, let last = order.last else { return [] }
        let times = order.map { batch.entries[$0].tsRecv.rawValue }
        let (span, overflow) = batch.entries[last].tsRecv.rawValue.subtractingReportingOverflow(
            batch.entries[first].tsRecv.rawValue
        )
        let gap = max(gapMin, (overflow ? .max : span) / Int64(countMax))
        var ranges: [ClosedRange<Int64>] = []
        for time in times {
            if let range = ranges.last, time.subtractingReportingOverflow(range.upperBound).partialValue < gap {
                ranges[ranges.count - 1] = range.lowerBound...time
            } else {
                ranges.append(time...time)
            }
        }
        return ranges
    }

    /// Matches message `index` of `stored` with one that is searched for; false if none is the same.
    mutating func match(_ index: Int, of stored: MessageBatch) -> Bool {
        let time = stored.entries[index].tsRecv.rawValue
        var place = firstPlace(notBefore: (time...time).widened(by: Self.roundingNS - 1).lowerBound)
        var near: Int?
        while place < order.count {
            let candidate = order[place]
            let (distance, overflow) = batch.entries[candidate].tsRecv.rawValue.subtractingReportingOverflow(time)
            guard !overflow, distance < Self.roundingNS else { break }
            place += 1
            guard !isFound[candidate], isSame(candidate, index, of: stored) else { continue }
            if distance == 0 {
                isFound[candidate] = true
                return true
            }
            if near == nil, Self.isRounded(time + distance, time) { near = candidate }
        }
        guard let near else { return false }
        isFound[near] = true
        return true
    }

    private func firstPlace(notBefore time: Int64) -> Int {
        var (low, high) = (0, order.count)
        while low < high {
            let middle = (low + high) / 2
            if batch.entries[order[middle]].tsRecv.rawValue < time { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private func isSame(_ candidate: Int, _ index: Int, of stored: MessageBatch) -> Bool {
        let (one, two) = (batch.entries[candidate], stored.entries[index])
        guard one.length == two.length, one.direction == two.direction else { return false }
        return batch.bytes[one.range].elementsEqual(stored.bytes[two.range])
    }
}

extension ClosedRange<Int64> {
    /// The range with `distance` added at both ends, limited to the values of `Int64`.
    func widened(by distance: Int64) -> ClosedRange<Int64> {
        let (lower, underflow) = lowerBound.subtractingReportingOverflow(distance)
        let (upper, overflow) = upperBound.addingReportingOverflow(distance)
        return (underflow ? .min : lower)...(overflow ? .max : upper)
    }
}
