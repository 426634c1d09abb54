import MarketModel

/// Numbers that a venue gave out and that never came.
struct SequenceHole: Sendable, Hashable {
    var symbol: String
    /// The first and the last number that is missing.
    var numbers: ClosedRange<Int64>
    /// How many that are, as far as an integer goes.
    var count: Int64 {
        let (distance, overflow) = numbers.upperBound.subtractingReportingOverflow(numbers.lowerBound)
        return overflow || distance == .max ? .max : distance + 1
    }
    /// When the number before came, and the one behind.
    var tsFrom: UnixNanoseconds
    var tsTo: UnixNanoseconds
}

/// Finds holes in numbers that a venue gives out without leaving one out, for each symbol by itself.
///
/// What is missing may still come, out of order or over another connection, and is a hole only after a grace.
struct SequenceWatch: Sendable {
    private struct Pending {
        var hole: SequenceHole
        /// On the clock that nobody sets.
        var since: Duration
    }

    private struct Symbol {
        let text: String
        var last: Int64?
        var tsLast = UnixNanoseconds(0)
    }

    /// Beyond so many at a time the oldest is told at once.
    static let pendingMax = 1024
    /// A number so far below the last begins a new count: a venue that was set up again starts over.
    private static let restartDistance: Int64 = 1_000_000

    private let grace: Duration
    private var symbols: [Symbol] = []
    private var places: [String: Int] = [:]
    private var pending: [Pending] = []
    private var overdue: [SequenceHole] = []

    init(grace: Duration) {
        self.grace = grace
    }

    /// The place of a symbol, by which its numbers are noted without looking at its text.
    mutating func place(of symbol: String) -> Int {
        if let place = places[symbol] { return place }
        places[symbol] = symbols.count
        symbols.append(Symbol(text: symbol))
        return symbols.count - 1
    }

    /// Notes a number of the symbol at `place`.
    @inline(__always)
    mutating func received(_ number: Int64, at place: Int, tsRecv: UnixNanoseconds, time: Duration) {
        if let last = symbols[place].last, last != .max, number == last + 1 {
            symbols[place].last = number
            symbols[place].tsLast = tsRecv
        } else {
            receivedOutOfOrder(number, at: place, tsRecv: tsRecv, time: time)
        }
    }

    @inline(never)
    private mutating func receivedOutOfOrder(
        _ number: Int64,
        at place: Int,
        tsRecv: UnixNanoseconds,
        time: Duration
    ) {
        let known = symbols[place]
        guard let last = known.last, !Self.startsOver(number, after: last) else {
            symbols[place].last = number
            symbols[place].tsLast = tsRecv
            return
        }
        guard number > last else { return fill(number, of: known.text) }
        let hole = SequenceHole(
            symbol: known.text,
            numbers: (last + 1)...(number - 1),
            tsFrom: known.tsLast,
            tsTo: tsRecv
        )
        pending.append(Pending(hole: hole, since: time))
        symbols[place].last = number
        symbols[place].tsLast = tsRecv
        if pending.count > Self.pendingMax { overdue.append(pending.removeFirst().hole) }
    }

    /// Begins all counts anew with the next numbers.
    mutating func startOver() {
        for place in symbols.indices { symbols[place].last = nil }
    }

    /// The holes that nobody has filled in time; all of them where `isEnd`.
    mutating func takeHoles(at time: Duration, isEnd: Bool = false) -> [SequenceHole] {
        guard !pending.isEmpty || !overdue.isEmpty else { return [] }
        let due = pending.filter { isEnd || time - $0.since >= grace }
        pending.removeAll { isEnd || time - $0.since >= grace }
        defer { overdue = [] }
        return overdue + due.map(\.hole)
    }

    private static func startsOver(_ number: Int64, after last: Int64) -> Bool {
        guard number < last else { return false }
        let (distance, overflow) = last.subtractingReportingOverflow(number)
        return overflow || distance >= restartDistance
    }

    private mutating func fill(_ number: Int64, of symbol: String) {
        guard let index = pending.firstIndex(where: { $0.hole.symbol == symbol && $0.hole.numbers.contains(number) })
        else { return }
        let whole = pending.remove(at: index)
        let numbers = whole.hole.numbers
        var parts: [ClosedRange<Int64>] = []
        if number > numbers.lowerBound { parts.append(numbers.lowerBound...(number - 1)) }
        if number < numbers.upperBound { parts.append((number + 1)...numbers.upperBound) }
        for part in parts.reversed() {
            var rest = whole
            rest.hole.numbers = part
            pending.insert(rest, at: index)
        }
    }
}
