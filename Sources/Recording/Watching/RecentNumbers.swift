import MarketModel

/// The latest numbers of one stream and the connections that brought them, to know a tick that another one brought already.
///
/// Numbers nearly always grow, and then this is an append.
struct RecentNumbers: Sendable {
    /// A number so far below the last begins a new count: a venue that was set up again starts over.
    private static let restartDistance: Int64 = 1_000_000

    /// What is known of a number that came.
    enum Verdict { case new, known, knownInEarlierFile }

    /// The owner of numbers that an earlier file has, of a connection that is over.
    static let endedConnection = Int64.min

    private struct Entry {
        let number: Int64
        /// Negative where it was in an earlier file that the connection, under its present number, brought it.
        var connectionID: Int64
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

    /// Notes the number of a tick; tells where another connection brought it before, with the same content.
    ///
    /// What one connection repeats is not for us to judge, and what is too old to be remembered counts as new.
    @inline(__always)
    mutating func insert(_ number: Int64, content: Int64, from connectionID: Int64) -> Verdict {
        let entry = Entry(number: number, connectionID: connectionID, content: content)
        if let last = entries.last, number <= last.number { return insert(entry, below: last.number) }
        if entries.count >= 2 * capacity { entries.removeFirst(capacity) }
        entries.append(entry)
        return .new
    }

    /// Goes on in another file, where connections have the numbers that `connectionIDs` gives them by their present ones.
    mutating func beginFile(_ connectionIDs: [Int64: Int64]) {
        for index in entries.indices {
            let owner = entries[index].connectionID
            let present = owner == Self.endedConnection ? nil : connectionIDs[abs(owner)]
            entries[index].connectionID = present.map { 0 &- $0 } ?? Self.endedConnection
        }
    }

    @inline(never)
    private mutating func insert(_ entry: Entry, below last: Int64) -> Verdict {
        let number = entry.number
        let (distance, overflow) = last.subtractingReportingOverflow(number)
        guard !overflow, distance < Self.restartDistance else {
            entries = [entry]
            return .new
        }
        var (low, high) = (0, entries.count)
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].number < number { low = middle + 1 } else { high = middle }
        }
        guard entries[low].number != number else {
            let owner = entries[low].connectionID
            let isRepeated = owner == entry.connectionID || owner == 0 &- entry.connectionID
            guard !isRepeated, entries[low].content == entry.content else { return .new }
            return owner < 0 ? .knownInEarlierFile : .known
        }
        if low > 0 || entries.count < capacity {
            entries.insert(entry, at: low)
        }
        return .new
    }
}

/// The numbers that a venue gives to the ticks of one symbol, each kind by itself.
struct TickNumbers: Sendable {
    enum Kind { case quote, trade, aggregate }

    /// A mix of a tick's two numbers as the venue wrote them: two connections get the same text.
    @inline(__always)
    static func content(_ first: FixedDecimal?, _ second: FixedDecimal?) -> Int64 {
        mix(first) &* 31 &+ mix(second)
    }

    @inline(__always)
    private static func mix(_ number: FixedDecimal?) -> Int64 {
        number.map { $0.mantissa &* 31 &+ Int64($0.digits) } ?? .min
    }

    private var quotes = RecentNumbers()
    private var trades = RecentNumbers()
    private var aggregates = RecentNumbers()
    /// Which rows bars are made of.
    var executions = CountedExecutions()

    /// As ``RecentNumbers/insert(_:content:from:)``.
    @inline(__always)
    mutating func insert(
        _ number: Int64,
        _ kind: Kind,
        content: Int64,
        from connectionID: Int64
    ) -> RecentNumbers.Verdict {
        switch kind {
        case .quote: quotes.insert(number, content: content, from: connectionID)
        case .trade: trades.insert(number, content: content, from: connectionID)
        case .aggregate: aggregates.insert(number, content: content, from: connectionID)
        }
    }

    /// As ``RecentNumbers/beginFile(_:)``.
    mutating func beginFile(_ connectionIDs: [Int64: Int64]) {
        quotes.beginFile(connectionIDs)
        trades.beginFile(connectionIDs)
        aggregates.beginFile(connectionIDs)
    }
}
