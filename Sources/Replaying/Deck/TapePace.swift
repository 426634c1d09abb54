import MarketModel

/// The relation between tape time and real time while a tape is paced.
///
/// Both are in nanoseconds; real time is that of a monotonic clock. Deadlines are absolute, so a late message does not
/// make later messages late.
struct TapePace: Hashable, Sendable {
    /// The tape was at `tape` when the clock showed `real`.
    var tape: Int64
    var real: Int64
    /// Seconds of tape per second.
    var factor: Double
    /// Parts of the tape that take no time.
    var skips = TapeSkips()

    /// Returns when a message of tape time `time` must be sent; `.max` means never.
    func deadline(of time: Int64) -> Int64 {
        let distance = skips.distance(from: tape, to: time)
        if factor == 1 { return real.addingSaturated(distance) }
        let scaled = (Double(distance) / factor).rounded(.up)
        return real.addingSaturated(Int64(exactly: scaled) ?? (scaled < 0 ? .min : .max))
    }

    /// Returns the position of the tape when the clock shows `now`.
    func position(at now: Int64) -> Int64 {
        let elapsed = now.subtractingSaturated(real)
        if factor == 1 { return skips.time(behind: tape, distance: elapsed) }
        let scaled = (Double(elapsed) * factor).rounded(.down)
        return skips.time(behind: tape, distance: Int64(exactly: scaled) ?? (scaled < 0 ? .min : .max))
    }
}

/// Parts of a tape that take no time, such as gaps.
///
/// Each query takes logarithmic time.
struct TapeSkips: Hashable, Sendable {
    /// In order; not empty, not overlapping and not adjacent.
    private var ranges: [Range<Int64>] = []
    /// For each range, the total length of all ranges before it.
    private var lengthsBefore: [Int64] = []

    init() {}

    /// Makes skips from ranges in any order.
    ///
    /// Overlapping ranges are merged.
    init(_ stretches: [Range<Int64>]) {
        for stretch in stretches.sorted(by: { $0.lowerBound < $1.lowerBound }) where !stretch.isEmpty {
            if let last = ranges.last, stretch.lowerBound <= last.upperBound {
                ranges[ranges.count - 1] = last.lowerBound..<max(last.upperBound, stretch.upperBound)
            } else {
                ranges.append(stretch)
            }
        }
        var length: Int64 = 0
        for range in ranges {
            lengthsBefore.append(length)
            length = length.addingSaturated(range.upperBound.subtractingSaturated(range.lowerBound))
        }
    }

    /// Returns the time from `start` to `end` without the skipped parts; negative if `end` is earlier.
    @inline(__always)
    func distance(from start: Int64, to end: Int64) -> Int64 {
        let whole = end.subtractingSaturated(start)
        return ranges.isEmpty ? whole : whole - (skipped(before: end) - skipped(before: start))
    }

    /// Returns the moment `distance` after `start`, without the skipped parts.
    func time(behind start: Int64, distance: Int64) -> Int64 {
        guard distance >= 0, !ranges.isEmpty else { return start.addingSaturated(distance) }
        // Count without the skipped parts before. A skipped part that starts at the result is skipped completely.
        let target = start.subtractingSaturated(skipped(before: start)).addingSaturated(distance)
        let count = countOfRanges { ranges[$0].lowerBound.subtractingSaturated(lengthsBefore[$0]) <= target }
        return count == 0 ? target : target.addingSaturated(length(upTo: count - 1))
    }

    private func skipped(before time: Int64) -> Int64 {
        let count = countOfRanges { ranges[$0].lowerBound < time }
        guard count > 0 else { return 0 }
        let rest = ranges[count - 1].upperBound.subtractingSaturated(time)
        return length(upTo: count - 1) - max(0, rest)
    }

    /// Returns the total length of the ranges up to and including `place`.
    private func length(upTo place: Int) -> Int64 {
        let range = ranges[place]
        return lengthsBefore[place].addingSaturated(range.upperBound.subtractingSaturated(range.lowerBound))
    }

    /// Returns the number of ranges that satisfy `isBefore`, which must hold for a prefix of the ranges.
    private func countOfRanges(where isBefore: (Int) -> Bool) -> Int {
        var (low, high) = (0, ranges.count)
        while low < high {
            let middle = (low + high) / 2
            if isBefore(middle) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
