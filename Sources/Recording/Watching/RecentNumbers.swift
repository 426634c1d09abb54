/// The latest numbers of one stream and the connections that brought them, to know a tick that another one brought already.
///
/// Numbers nearly always grow, and then this is an append.
struct RecentNumbers: Sendable {
    /// A number so far below the last begins a new count: a venue that was set up again starts over.
    private static let restartDistance: Int64 = 1_000_000

    private struct Entry {
        let number: Int64
        let connectionID: Int64
        /// A mix of what the tick says: a venue that was set up again gives out the same numbers for something else.
        let content: Int64
    }

    private let capacity: Int
    /// Ascending; between `capacity` and twice as many once that many have come.
    private var entries: [Entry] = []

    init(capacity: Int = 1024) {
        precondition(capacity > 0, "a memory holds at least one number")
        self.capacity = capacity
    }

    /// Notes the number of a tick; false where another connection brought it before, with the same content.
    ///
    /// What one connection repeats is not for us to judge, and what is too old to be remembered counts as new.
    @inline(__always)
    mutating func insert(_ number: Int64, content: Int64, from connectionID: Int64) -> Bool {
        let entry = Entry(number: number, connectionID: connectionID, content: content)
        if let last = entries.last, number <= last.number { return insert(entry, below: last.number) }
        if entries.count >= 2 * capacity { entries.removeFirst(capacity) }
        entries.append(entry)
        return true
    }

    @inline(never)
    private mutating func insert(_ entry: Entry, below last: Int64) -> Bool {
        let number = entry.number
        let (distance, overflow) = last.subtractingReportingOverflow(number)
        guard !overflow, distance < Self.restartDistance else {
            entries = [entry]
            return true
        }
        var (low, high) = (0, entries.count)
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].number < number { low = middle + 1 } else { high = middle }
        }
        guard entries[low].number != number else {
            return entries[low].connectionID == entry.connectionID || entries[low].content != entry.content
        }
        if low > 0 || entries.count < capacity {
            entries.insert(entry, at: low)
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

    /// As ``RecentNumbers/insert(_:content:from:)``.
    @inline(__always)
    mutating func insert(_ number: Int64, _ kind: Kind, content: Int64, from connectionID: Int64) -> Bool {
        switch kind {
        case .quote: quotes.insert(number, content: content, from: connectionID)
        case .trade: trades.insert(number, content: content, from: connectionID)
        case .aggregate: aggregates.insert(number, content: content, from: connectionID)
        }
    }
}
