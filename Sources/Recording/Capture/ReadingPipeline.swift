import MarketModel
import Venues

/// Reads messages: bytes become events, and events become rows and bars.
///
/// Live recording, recovery, import and rebuild all read messages here, so that the same messages give the same rows.
struct ReadingPipeline: Sendable {
    /// Where the rows and bars are collected.
    var rows: RowBuilder
    /// What the latest batch contained.
    private(set) var events = MarketEvents()

    init(rows: RowBuilder) {
        self.rows = rows
    }

    /// The connection that a batch came over.
    struct Source {
        let connectionID: Int64
        /// The number of the batch's first message; the others follow without holes.
        let firstMessageIndex: Int64
    }

    /// Lets `dialect` read a batch, and makes rows of its events; the dialect's answers go into `outgoing`.
    ///
    /// `content` is that of the connection. `now` is the time on the dialect's clock.
    mutating func read(
        _ batch: MessageBatch,
        from source: Source,
        content: inout ConnectionContent,
        dialect: inout any VenueDialect,
        now: UnixNanoseconds,
        outgoing: inout MessageBatch
    ) -> DialectOutcome {
        events.removeAll()
        let outcome = dialect.receive(batch, now: now, events: &events, outgoing: &outgoing)
        rows.append(
            events,
            symbols: dialect.symbols,
            batch: batch,
            firstMessageIndex: source.firstMessageIndex,
            connectionID: source.connectionID,
            instruments: &content.instruments
        )
        guard !events.bookMessages.isEmpty else {
            content.books.pass(batch.count)
            return outcome
        }
        content.books.read(
            events,
            BookLedger.Source(
                batch: batch,
                firstMessageIndex: source.firstMessageIndex,
                connectionID: source.connectionID,
                symbols: dialect.symbols,
                books: dialect.books
            ),
            rows: &rows,
            instruments: &content.instruments
        )
        return outcome
    }

    /// Lets `dialect` read a batch without making rows, and discards its answers.
    @discardableResult
    mutating func recall(
        _ batch: MessageBatch,
        dialect: inout any VenueDialect,
        now: UnixNanoseconds
    ) -> DialectOutcome {
        events.removeAll()
        return Self.recall(batch, dialect: &dialect, now: now, into: &events)
    }

    /// Lets `dialect` read a batch, so that it understands what follows.
    @discardableResult
    static func recall(_ batch: MessageBatch, dialect: inout any VenueDialect) -> DialectOutcome {
        guard let first = batch.entries.first else { return DialectOutcome() }
        var events = MarketEvents()
        return recall(batch, dialect: &dialect, now: first.tsRecv, into: &events)
    }

    /// Lets `dialect` read a batch, and appends what it contains to `events`.
    @discardableResult
    static func recall(
        _ batch: MessageBatch,
        dialect: inout any VenueDialect,
        now: UnixNanoseconds,
        into events: inout MarketEvents
    ) -> DialectOutcome {
        var answers = MessageBatch()
        return dialect.receive(batch, now: now, events: &events, outgoing: &answers)
    }
}

/// What the messages of one connection have brought so far, as far as later messages depend on it.
struct ConnectionContent: Sendable {
    /// The instruments of the connection's symbols.
    var instruments = SymbolInstruments()
    var books: BookLedger

    /// Nothing yet.
    init(_ reading: VenueReading) {
        books = BookLedger(quotesFromBook: reading.quotesFromBook)
    }
}
