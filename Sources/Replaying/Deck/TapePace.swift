import MarketModel

/// How tape time and real time go together while a tape runs at a paced speed.
///
/// Both are nanoseconds; real time is a monotonic clock's. Deadlines are absolute: being late once never makes the rest late.
struct TapePace: Hashable, Sendable {
    /// The tape stood at `tape` when the clock showed `real`.
    var tape: Int64
    var real: Int64
    /// Seconds of tape per second.
    var factor: Double
    /// Stretches of tape that take no time.
    var skips = TapeSkips()

    /// The moment at which a message of tape time `time` must leave; `.max` for one that never will.
    func deadline(of time: Int64) -> Int64 {
        let distance = skips.distance(from: tape, to: time)
        if factor == 1 { return real.addingSaturated(distance) }
        let scaled = (Double(distance) / factor).rounded(.up)
        return real.addingSaturated(Int64(exactly: scaled) ?? (scaled < 0 ? .min : .max))
    }

    /// Where the tape stands when the clock shows `now`.
    func position(at now: Int64) -> Int64 {
        let elapsed = now.subtractingSaturated(real)
        if factor == 1 { return skips.time(behind: tape, distance: elapsed) }
        let scaled = (Double(elapsed) * factor).rounded(.down)
        return skips.time(behind: tape, distance: Int64(exactly: scaled) ?? (scaled < 0 ? .min : .max))
    }
}

/// Stretches of a tape that are left out of its time, such as gaps; each question takes logarithmic time.
struct TapeSkips: Hashable, Sendable {
    /// In order, none empty, none touching another.
    private var ranges: [Range<Int64>] = []
    /// By the place of a range: the length of all ranges before it.
    private var lengthsBefore: [Int64] = []

    init() {}

    /// Takes stretches in any order; those that overlap become one.
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

    /// The time from one moment to another without the stretches between; negative where `end` is earlier.
    @inline(__always)
    func distance(from start: Int64, to end: Int64) -> Int64 {
        let whole = end.subtractingSaturated(start)
        return ranges.isEmpty ? whole : whole - (skipped(before: end) - skipped(before: start))
    }

    /// The moment that lies `distance` after `start`, stretches left out.
    func time(behind start: Int64, distance: Int64) -> Int64 {
        guard distance >= 0, !ranges.isEmpty else { return start.addingSaturated(distance) }
        // Moments are counted without the stretches before them; a stretch that begins there is left out whole.
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

    /// The length of the ranges up to the one at `place`, that one included.
    private func length(upTo place: Int) -> Int64 {
        let range = ranges[place]
        return lengthsBefore[place].addingSaturated(range.upperBound.subtractingSaturated(range.lowerBound))
    }

    /// How many ranges satisfy `isBefore`, which the first ones do and the others do not.
    private func countOfRanges(where isBefore: (Int) -> Bool) -> Int {
        var (low, high) = (0, ranges.count)
        while low < high {
            let middle = (low + high) / 2
            if isBefore(middle) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

extension Int64 {
    func addingSaturated(_ other: Int64) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? (other < 0 ? .min : .max) : sum
    }

    func subtractingSaturated(_ other: Int64) -> Int64 {
        let (difference, overflow) = subtractingReportingOverflow(other)
        return overflow ? (other < 0 ? .max : .min) : difference
    }
}
