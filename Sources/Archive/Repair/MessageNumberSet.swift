/// A set of message numbers: one bit for each, in words that exist only where they are needed.
struct MessageNumberSet {
    private var words: [Int64: UInt64] = [:]
    private(set) var count: Int64 = 0

    mutating func insert(_ numbers: some Sequence<Int64>) {
        for number in numbers {
            let bit = UInt64(1) << UInt64(number & 63)
            let word = words[number >> 6, default: 0]
            guard word & bit == 0 else { continue }
            words[number >> 6] = word | bit
            count += 1
        }
    }

    var isEmpty: Bool { count == 0 }

    func contains(_ number: Int64) -> Bool {
        (words[number >> 6] ?? 0) & UInt64(1) << UInt64(number & 63) != 0
    }

    func contains(anyOf numbers: some Sequence<Int64>) -> Bool {
        numbers.contains(where: contains)
    }

    /// The numbers of `range` that are not in the set, as ranges in ascending order.
    func missing(in range: ClosedRange<Int64>) -> [ClosedRange<Int64>] {
        var missing: [ClosedRange<Int64>] = []
        var next = range.lowerBound
        for key in words.keys.sorted() {
            let first = key << 6
            guard first + 63 >= range.lowerBound, first <= range.upperBound, let word = words[key] else { continue }
            if word == .max {
                if first > next { missing.append(next...first - 1) }
                next = first &+ 64
                continue
            }
            for bit in 0..<Int64(64) where word & UInt64(1) << UInt64(bit) != 0 {
                let number = first + bit
                guard number >= range.lowerBound, number <= range.upperBound else { continue }
                if number > next { missing.append(next...number - 1) }
                next = number &+ 1
            }
        }
        if next <= range.upperBound { missing.append(next...range.upperBound) }
        return missing
    }
}
