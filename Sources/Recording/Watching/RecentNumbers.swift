import MarketModel

/// The latest numbers of one stream and the connections that delivered them, to detect duplicates from another
/// connection.
///
/// Numbers nearly always increase, so an insertion is usually an append.
struct RecentNumbers: Sendable {
    /// A number lower by this much starts a new count: a venue that was reset starts over.
    private static let restartDistance: Int64 = 1_000_000

    /// What is known about a number.
    enum Verdict { case new, known, knownInEarlierFile }

    /// Stands for an ended connection that delivered numbers of an earlier file.
    static let endedConnection = Int64.min

    private struct Entry {
        let number: Int64
        /// Negative if the connection, under its present id, delivered the number into an earlier file.
        var connectionID: Int64
        /// A hash of the tick's content: a venue that was reset reuses the same numbers for other ticks.
        let content: Int64
    }

    private let capacity: Int
    /// Ascending; between `capacity` and twice as many entries when full.
    private var entries: [Entry] = []

    init(capacity: Int = 1024) {
        precondition(capacity > 0, "a memory holds at least one number")
        self.capacity = capacity
    }

    /// Notes the number of a tick; the verdict says if another connection has already delivered it with the same
    /// content.
    ///
    /// A repetition by the same connection is not a duplicate. A number that is too old to be remembered counts as new.
    @inline(__always)
    mutating func insert(_ number: Int64, content: Int64, from connectionID: Int64) -> Verdict {
        let entry = Entry(number: number, connectionID: connectionID, content: content)
        if let last = entries.last, number <= last.number { return insert(entry, below: last.number) }
        if entries.count >= 2 * capacity { entries.removeFirst(capacity) }
        entries.append(entry)
        return .new
    }

    /// Continues in another file; `connectionIDs` maps the present connection ids to those in that file.
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

/// The numbers that a venue gives to the ticks of one symbol, separately for each kind.
struct TickNumbers: Sendable {
    enum Kind {
        case quote, derivedQuote, trade, aggregate

        var isQuote: Bool { self == .quote || self == .derivedQuote }
    }

    /// A hash of a tick's two numbers as the venue wrote them: two connections receive the same text.
    @inline(__always)
    static func content(_ first: FixedDecimal?, _ second: FixedDecimal?) -> Int64 {
        mix(first) &* 31 &+ mix(second)
    }

    /// A hash of a quote's prices.
    @inline(__always)
    static func content(of quote: Quote) -> Int64 {
        quote.isDerived
            ? content(ofDerived: quote.bidPrice, quote.askPrice) : content(quote.bidPrice, quote.askPrice)
    }

    /// A hash of the prices of a derived quote, whose digits may be those of its row.
    static func content(ofDerived bid: FixedDecimal?, _ ask: FixedDecimal?) -> Int64 {
        content(bid?.withoutTrailingZeros, ask?.withoutTrailingZeros)
    }

    @inline(__always)
    private static func mix(_ number: FixedDecimal?) -> Int64 {
        number.map { $0.mantissa &* 31 &+ Int64($0.digits) } ?? .min
    }

    private var quotes = RecentNumbers()
    private var derivedQuotes = RecentNumbers()
    private var trades = RecentNumbers()
    private var aggregates = RecentNumbers()
    /// Decides which rows bars use.
    var executions = CountedExecutions()

    /// See ``RecentNumbers/insert(_:content:from:)``.
    @inline(__always)
    mutating func insert(
        _ number: Int64,
        _ kind: Kind,
        content: Int64,
        from connectionID: Int64
    ) -> RecentNumbers.Verdict {
        switch kind {
        case .quote: quotes.insert(number, content: content, from: connectionID)
        case .derivedQuote: derivedQuotes.insert(number, content: content, from: connectionID)
        case .trade: trades.insert(number, content: content, from: connectionID)
        case .aggregate: aggregates.insert(number, content: content, from: connectionID)
        }
    }

    /// See ``RecentNumbers/beginFile(_:)``.
    mutating func beginFile(_ connectionIDs: [Int64: Int64]) {
        quotes.beginFile(connectionIDs)
        derivedQuotes.beginFile(connectionIDs)
        trades.beginFile(connectionIDs)
        aggregates.beginFile(connectionIDs)
    }
}
