/// The latest numbers of one stream and the connections that brought them, to know a tick that another one brought already.
///
/// Numbers nearly always grow, and then this is an append.
struct RecentNumbers: Sendable {
    /// A number so far below the last begins a new count: a venue that was set up again starts over.
    private static let restartDistance: Int64 = 1_000_000

    private struct Entry {
        let number: Int64
        let connectionID: Int64
    }

    private let capacity: Int
    /// Ascending; between `capacity` and twice as many once that many have come.
    private var entries: [Entry] = []

    init(capacity: Int = 1024) {
        precondition(capacity > 0, "a memory holds at least one number")
        self.capacity = capacity
    }

    /// Notes a number; false where another connection brought it before.
    ///
    /// What one connection repeats is not for us to judge, and what is too old to be remembered counts as new.
    @inline(__always)
    mutating func insert(_ number: Int64, from connectionID: Int64) -> Bool {
        if let last = entries.last, number <= last.number { return insertBelow(number, connectionID, last.number) }
        if entries.count >= 2 * capacity { entries.removeFirst(capacity) }
        entries.append(Entry(number: number, connectionID: connectionID))
        return true
    }

    @inline(never)
    private mutating func insertBelow(_ number: Int64, _ connectionID: Int64, _ last: Int64) -> Bool {
        let (distance, overflow) = last.subtractingReportingOverflow(number)
        guard !overflow, distance < Self.restartDistance else {
            entries = [Entry(number: number, connectionID: connectionID)]
            return true
        }
        var (low, high) = (0, entries.count)
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].number < number { low = middle + 1 } else { high = middle }
        }
        guard entries[low].number != number else { return entries[low].connectionID == connectionID }
        if low > 0 || entries.count < capacity {
            entries.insert(Entry(number: number, connectionID: connectionID), at: low)
        }
        return true
    }
}

/// The numbers that a venue gives to the ticks of one symbol, each kind by itself.
struct TickNumbers: Sendable {
    enum Kind { case quote, trade, aggregate }

    private var quotes = RecentNumbers()
    private var trades = RecentNumbers()
    private var aggregates = RecentNumbers()

    /// As ``RecentNumbers/insert(_:from:)``.
    @inline(__always)
    mutating func insert(_ number: Int64, _ kind: Kind, from connectionID: Int64) -> Bool {
        switch kind {
        case .quote: quotes.insert(number, from: connectionID)
        case .trade: trades.insert(number, from: connectionID)
        case .aggregate: aggregates.insert(number, from: connectionID)
        }
    }
}
