import MarketModel

/// Finds holes in numbers that a venue assigns without gaps, separately for each symbol.
///
/// Three counts are watched: single trades, the executions that aggregates refer to, and the aggregates. One loss is
/// one hole: while single trades come, missing executions are only a hole of the single trades. A missing number may
/// still arrive, out of order or over another connection; it becomes a hole after a grace period.
struct SequenceWatch: Sendable {
    private enum Count: Sendable { case single, execution, aggregate }

    private struct Pending {
        var hole: SequenceHole
        var count: Count
        var place: Int
        /// The aggregates that are missing together with these executions, if any.
        var aggregates: ClosedRange<Int64>?
        /// On the monotonic clock.
        var since: Duration
    }

    private struct Track {
        var last: Int64?
        var tsLast = UnixNanoseconds(0)
        /// The value of ``SequenceWatch/unreadCount`` when the last number came.
        var unreadCount: Int64 = 0
    }

    private struct Symbol {
        let text: String
        var singles = Track()
        var executions = Track()
        var aggregates = Track()
        /// The latest reported holes of single trades.
        var reported: [ClosedRange<Int64>] = []
    }

    /// Beyond this number, the oldest hole is reported immediately.
    static let pendingMax = 1024
    private static let reportedMax = 64
    /// A number lower by this much starts a new count: a venue that was reset starts over.
    private static let restartDistance: Int64 = 1_000_000
    /// If no single trade has come for this long, no more are expected.
    private static let singlesMissedAfter = Duration.seconds(10)

    private let grace: Duration
    /// The number of unreadable messages; each may have had the next number of any symbol.
    private var unreadCount: Int64 = 0
    private var symbols: [Symbol] = []
    private var places: [String: Int] = [:]
    private var pending: [Pending] = []
    private var overdue: [Pending] = []

    init(grace: Duration) {
        self.grace = grace
    }

    /// The index of a symbol, which identifies it in later calls without a text comparison.
    mutating func place(of symbol: String) -> Int {
        if let place = places[symbol] { return place }
        places[symbol] = symbols.count
        symbols.append(Symbol(text: symbol))
        return symbols.count - 1
    }

    /// Notes the number of a single trade; `place` is the symbol's index.
    @inline(__always)
    mutating func received(_ number: Int64, at place: Int, tsRecv: UnixNanoseconds, time: Duration) {
        if let last = symbols[place].singles.last, last != .max, number == last + 1 {
            symbols[place].singles = Track(last: number, tsLast: tsRecv, unreadCount: unreadCount)
        } else {
            note(number...number, .single, \.singles, at: place, tsRecv: tsRecv, time: time)
        }
    }

    /// Notes an aggregate: its own number, and those of its executions; `place` is the symbol's index.
    mutating func received(
        aggregate number: Int64?,
        executions: ClosedRange<Int64>?,
        at place: Int,
        tsRecv: UnixNanoseconds,
        time: Duration
    ) {
        let missed = number.flatMap { missing(before: $0, symbols[place].aggregates) }
        let isUnread = number.map { self.isUnread(before: $0, symbols[place].aggregates) } ?? false
        var isHole = false
        if let executions {
            isHole = note(
                executions,
                .execution,
                \.executions,
                aggregates: missed,
                isUnread: isUnread,
                at: place,
                tsRecv: tsRecv,
                time: time
            )
        }
        guard let number else { return }
        if isHole {
            symbols[place].aggregates = Track(last: number, tsLast: tsRecv, unreadCount: unreadCount)
        } else {
            let touchesBars = executions == nil
            note(number...number, .aggregate, \.aggregates, touchesBars, at: place, tsRecv: tsRecv, time: time)
        }
    }

    /// Notes an unreadable message: its number, if it had one, is not missing.
    mutating func receivedUnreadable() { unreadCount += 1 }

    /// The holes that were not filled within the grace period, or all holes if `isEnd`.
    mutating func takeHoles(at time: Duration, isEnd: Bool = false) -> [SequenceHole] {
        guard !pending.isEmpty || !overdue.isEmpty else { return [] }
        let due = overdue + pending.filter { isEnd || time - $0.since >= grace }
        pending.removeAll { isEnd || time - $0.since >= grace }
        overdue = []
        // Holes of single trades come first, because the other counts refer to them.
        return (due.filter { $0.count == .single } + due.filter { $0.count != .single }).compactMap { settle($0) }
    }

    // MARK: Noting

    /// Advances `track` to `numbers`; returns true if numbers before them are missing.
    @inline(never)
    @discardableResult
    private mutating func note(
        _ numbers: ClosedRange<Int64>,
        _ count: Count,
        _ track: WritableKeyPath<Symbol, Track>,
        _ touchesBars: Bool = true,
        aggregates: ClosedRange<Int64>? = nil,
        isUnread: Bool = false,
        at place: Int,
        tsRecv: UnixNanoseconds,
        time: Duration
    ) -> Bool {
        let known = symbols[place][keyPath: track]
        let missing = missing(before: numbers.lowerBound, known)
        if let last = known.last, numbers.upperBound <= last, !Self.startsOver(numbers.lowerBound, after: last) {
            fill(numbers, count, at: place)
            return false
        }
        symbols[place][keyPath: track] = Track(last: numbers.upperBound, tsLast: tsRecv, unreadCount: unreadCount)
        guard let missing, !isUnread, !self.isUnread(before: numbers.lowerBound, known) else { return false }
        let hole = SequenceHole(
            symbol: symbols[place].text,
            numbers: missing,
            kind: count == .aggregate ? .aggregate : .trade,
            touchesBars: touchesBars,
            tsFrom: known.tsLast,
            tsTo: tsRecv
        )
        pending.append(Pending(hole: hole, count: count, place: place, aggregates: aggregates, since: time))
        if pending.count > Self.pendingMax { overdue.append(pending.removeFirst()) }
        return true
    }

    /// The numbers between the last one and `number`; `nil` if there are none.
    private func missing(before number: Int64, _ track: Track) -> ClosedRange<Int64>? {
        guard let last = track.last, number > last, number - 1 > last else { return nil }
        return (last + 1)...(number - 1)
    }

    /// True if unreadable messages may have had all numbers between the last one and `number`.
    private func isUnread(before number: Int64, _ track: Track) -> Bool {
        guard unreadCount > track.unreadCount, let missing = missing(before: number, track) else { return false }
        let (distance, overflow) = missing.upperBound.subtractingReportingOverflow(missing.lowerBound)
        return !overflow && distance < unreadCount - track.unreadCount
    }

    private static func startsOver(_ number: Int64, after last: Int64) -> Bool {
        guard number < last else { return false }
        let (distance, overflow) = last.subtractingReportingOverflow(number)
        return overflow || distance >= restartDistance
    }

    /// Removes `numbers`, which came late, from the holes.
    private mutating func fill(_ numbers: ClosedRange<Int64>, _ count: Count, at place: Int) {
        pending = pending.flatMap { waiting -> [Pending] in
            let hole = waiting.hole.numbers
            guard waiting.count == count, waiting.place == place, hole.overlaps(numbers) else { return [waiting] }
            var parts: [Pending] = []
            for part in [
                hole.lowerBound < numbers.lowerBound ? hole.lowerBound...(numbers.lowerBound - 1) : nil,
                hole.upperBound > numbers.upperBound ? (numbers.upperBound + 1)...hole.upperBound : nil,
            ] {
                guard let part else { continue }
                var rest = waiting
                rest.hole.numbers = part
                parts.append(rest)
            }
            return parts
        }
    }

    // MARK: Reporting

    /// The hole to report; `nil` if it is part of a hole of the single trades.
    private mutating func settle(_ due: Pending) -> SequenceHole? {
        let symbol = symbols[due.place]
        guard due.count != .single else {
            symbols[due.place].reported.append(due.hole.numbers)
            if symbols[due.place].reported.count > Self.reportedMax { symbols[due.place].reported.removeFirst() }
            return due.hole
        }
        guard due.count == .execution, let last = symbol.singles.last,
            due.hole.tsTo.since(symbol.singles.tsLast) < Self.singlesMissedAfter
        else { return due.hole }
        let isTold =
            last < due.hole.numbers.upperBound || symbol.reported.contains { $0.overlaps(due.hole.numbers) }
            || pending.contains {
                $0.count == .single && $0.place == due.place && $0.hole.numbers.overlaps(due.hole.numbers)
            }
        guard !isTold, let aggregates = due.aggregates else { return nil }
        var hole = due.hole
        (hole.numbers, hole.kind, hole.touchesBars) = (aggregates, .aggregate, false)
        return hole
    }
}
