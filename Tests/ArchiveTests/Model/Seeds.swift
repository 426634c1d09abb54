import Foundation

/// The seeds of property tests.
///
/// A failure names its seed. `FEEDREC_SEED=SEED` repeats it, or tries another one.
enum Seeds {
    /// The numbers from 1 to `count`, or only the one in `FEEDREC_SEED`.
    static func first(_ count: Int) -> [UInt64] {
        let text = ProcessInfo.processInfo.environment["FEEDREC_SEED"]
        if let seed = text.flatMap({ UInt64($0) }) { return [seed] }
        return Array(1...UInt64(count))
    }
}

extension RandomNumberGenerator {
    /// True once in `count` calls, on average.
    mutating func oneIn(_ count: Int) -> Bool { Int.random(in: 0..<count, using: &self) == 0 }

    mutating func number(_ range: ClosedRange<Int64>) -> Int64 { Int64.random(in: range, using: &self) }
}
