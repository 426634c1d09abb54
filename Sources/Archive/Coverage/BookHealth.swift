import MarketModel

/// How much of its time an order book was valid, and what its checks found.
///
/// The time of a book begins with its first stored state on a connection and ends with that connection, or with the
/// last message of the recording if the connection has no end. Connections that overlap count once, and one valid book
/// among theirs is enough. Times between connections are gaps of the feed, and no time of the book.
package struct BookHealth: Hashable, Sendable {
    package let venue: String
    package let symbol: String
    /// The venue's name for the channel.
    package let channel: String
    /// The time of the book, and in `validNS` the part in which it was valid, in nanoseconds.
    package fileprivate(set) var knownNS: Int64 = 0
    package fileprivate(set) var validNS: Int64 = 0
    /// How often the book became valid again on a connection.
    package fileprivate(set) var resyncs: Int64 = 0
    /// Checksums that were compared, and those of them that were wrong.
    package fileprivate(set) var checksums: Int64 = 0
    package fileprivate(set) var checksumFailures: Int64 = 0
    /// False if nothing that the venue sends can show a missing message.
    package fileprivate(set) var isVerifiable = true

    /// The share of its time in which the book was valid, 0 to 1; 1 if it has no time.
    package var fraction: Double { knownNS > 0 ? Double(validNS) / Double(knownNS) : 1 }

    /// The books of a recording, in order of venue, symbol and channel.
    package static func all(of reader: ArchiveReader) throws(ArchiveError) -> [BookHealth] {
        let states = try reader.bookStates()
        guard !states.isEmpty else { return [] }
        return all(
            states: states,
            instruments: try reader.instruments(),
            connections: try reader.connections(),
            tsLast: try reader.lastMessageTime()
        )
    }

    /// The books of these rows.
    static func all(
        states: [BookCheckpointRow],
        instruments: [InstrumentRow],
        connections: [ConnectionRow],
        tsLast: UnixNanoseconds?
    ) -> [BookHealth] {
        let names = Dictionary(instruments.map { ($0.instrumentID, $0) }, uniquingKeysWith: { first, _ in first })
        let ends = Dictionary(
            connections.compactMap { row in row.closed.map { (row.connectionID, $0.tsClosed) } },
            uniquingKeysWith: { first, _ in first }
        )
        var lives: [Book: [Int64: [BookCheckpointRow]]] = [:]
        for state in states {
            guard let instrument = names[state.instrumentID] else { continue }
            let book = Book(venue: instrument.venue, symbol: instrument.symbol, channel: state.channel)
            lives[book, default: [:]][state.connectionID, default: []].append(state)
        }
        return lives.sorted { $0.key < $1.key }.map { book, connections in
            health(of: book, connections.map { ($0.value, ends[$0.key] ?? tsLast) })
        }
    }

    private static func health(
        of book: Book,
        _ lives: [(states: [BookCheckpointRow], end: UnixNanoseconds?)]
    ) -> BookHealth {
        var health = BookHealth(venue: book.venue, symbol: book.symbol, channel: book.channel)
        var known = SpanSum()
        var valid = SpanSum()
        for life in lives {
            // The rows of a symbol whose digits grew belong to two instruments.
            let states = life.states.sorted { ($0.messageIndex, $0.item) < ($1.messageIndex, $1.item) }
            guard let first = states.first, let last = states.last else { continue }
            let end = max(life.end ?? last.tsRecv, last.tsRecv)
            known.add(first.tsRecv, end)
            for (index, state) in states.enumerated() where state.isValid {
                valid.add(state.tsRecv, index + 1 < states.count ? states[index + 1].tsRecv : end)
            }
            health.resyncs += states.reduce(0) { max($0, $1.counts.resyncs) }
            health.checksums += states.reduce(0) { max($0, $1.counts.checksums) }
            health.checksumFailures += states.reduce(0) { max($0, $1.counts.checksumFailures) }
            health.isVerifiable = health.isVerifiable && last.isVerifiable
        }
        health.knownNS = known.total
        health.validNS = valid.total
        return health
    }

    private struct Book: Hashable, Comparable {
        let venue: String
        let symbol: String
        let channel: String

        static func < (left: Book, right: Book) -> Bool {
            (left.venue, left.symbol, left.channel) < (right.venue, right.symbol, right.channel)
        }
    }
}

/// The length of time spans, overlaps counted once.
private struct SpanSum {
    private var spans: [(from: UnixNanoseconds, to: UnixNanoseconds)] = []

    mutating func add(_ from: UnixNanoseconds, _ to: UnixNanoseconds) {
        if from < to { spans.append((from, to)) }
    }

    /// In nanoseconds.
    var total: Int64 {
        var total: Int64 = 0
        var reached = UnixNanoseconds(.min)
        for span in spans.sorted(by: { $0.from < $1.from }) where span.to > reached {
            let from = max(span.from, reached)
            total = Int64(clamping: Int128(total) + Int128(span.to.rawValue) - Int128(from.rawValue))
            reached = span.to
        }
        return total
    }
}
