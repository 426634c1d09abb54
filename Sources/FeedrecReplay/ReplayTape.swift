import Archive
import MarketModel
import NIOPosix
import Replaying

/// Recordings as one tape, read directly from their files.
///
/// It has the events that `feedrec replay` sends on `/replay`, without a socket.
///
/// ```swift
/// let tape = try ReplayTape(paths: ["./tape"], symbols: ["EURUSD"])
/// for try await event in tape.events() {
///     if case .quote(let quote) = event, let bid = quote.bidPrice {
///         print(tape.instruments[quote.instrument].price(bid))
///     }
/// }
/// ```
public struct ReplayTape: Sendable {
    /// The instruments on the tape; events refer to them by index.
    public let instruments: [Instrument]
    /// Files of the directories that are not read, and why: one line each.
    ///
    /// A recording that occurs several times is read once.
    public let problems: [String]
    private let files: [String]
    private let from: Int64?
    private let to: Int64?
    private let symbols: Set<String>?
    private let books: Books

    /// The order books that a tape has; reading them takes more time than quotes and trades.
    public enum Books: Sendable, Hashable {
        /// None.
        case none
        /// All levels of all books.
        case whole
        /// The best levels of each side: this number, which must be at least 1.
        case best(Int)
    }

    /// Opens recordings, or directories of recordings.
    ///
    /// - Parameters:
    ///   - paths: Files and directories; together they form one tape, ordered by receive time.
    ///   - symbols: The symbols to read, each of which must be on the tape; `nil` for all.
    ///   - from: The first `tsRecv` to read, in nanoseconds since 1970.
    ///   - to: The end of the `tsRecv` range, exclusive, in nanoseconds since 1970.
    ///   - books: The order books to read; none by default. Each begins with a snapshot.
    /// - Throws: ``ReplayTapeError`` if a file is missing or is not a recording, if the tape lacks a symbol, if `from`
    ///   is not before `to`, and if books with fewer than 1 level are asked for.
    public init(
        paths: [String],
        symbols: Set<String>? = nil,
        from: Int64? = nil,
        to: Int64? = nil,
        books: Books = .none
    ) throws {
        if case .best(let depth) = books, depth < 1 {
            throw ReplayTapeError(description: "a book has at least 1 level, not \(depth)")
        }
        do {
            let location = try ArchiveLocation(paths)
            files = location.files
            problems = location.findings.map(\.description)
            self.symbols = symbols
            self.from = from
            self.to = to
            self.books = books
            instruments = try Self.stream(files, symbols, from, to, books, partCount: 1).instruments.map { row in
                Instrument(
                    venue: row.venue,
                    symbol: row.symbol,
                    priceDigits: Int(row.priceDigits),
                    sizeDigits: Int(row.sizeDigits)
                )
            }
        } catch let error as ArchiveError {
            throw ReplayTapeError(error)
        } catch let error as BadRequest {
            throw ReplayTapeError(error)
        }
    }

    /// The events in order; each call starts at the beginning.
    public func events() -> Events { Events(batches: batches()) }

    /// The events in batches, which is faster than one by one.
    public func batches() -> Batches { Batches(tape: self) }

    private static func stream(
        _ files: [String],
        _ symbols: Set<String>?,
        _ from: Int64?,
        _ to: Int64?,
        _ books: Books,
        partCount: Int
    ) throws -> RowStream {
        var kinds: Set<EventKind> = [.quote, .trade, .gap, .disconnect]
        if books != .none { kinds.insert(.book) }
        return try RowStream(
            paths: files,
            from: from.map { .absolute($0) },
            to: to.map { .absolute($0) },
            symbols: symbols,
            kinds: kinds,
            bookDepth: books.depth,
            partCount: partCount,
            pool: SharedThreads()
        )
    }

    /// The batches of a tape; a `for` loop reads the tape from its start.
    public struct Batches: AsyncSequence, Sendable {
        /// A few thousand events.
        public typealias Element = [TapeEvent]
        fileprivate let tape: ReplayTape

        /// Starts at the beginning of the tape.
        public func makeAsyncIterator() -> Iterator { Iterator(tape: tape) }

        /// Reads ahead on its own threads while its events are used.
        public struct Iterator: AsyncIteratorProtocol {
            fileprivate let tape: ReplayTape
            private var rows: RowStream.Iterator?

            fileprivate init(tape: ReplayTape) {
                self.tape = tape
            }

            private static func events(of items: [RowItem]) -> [TapeEvent] {
                var events: [TapeEvent] = []
                events.reserveCapacity(items.count)
                for item in items {
                    if let event = TapeEvent(item) { events.append(event) }
                }
                return events
            }

            /// Returns the next events; `nil` at the end.
            public mutating func next() async throws -> [TapeEvent]? {
                do {
                    var rows =
                        try rows
                        ?? ReplayTape.stream(
                            tape.files,
                            tape.symbols,
                            tape.from,
                            tape.to,
                            tape.books,
                            partCount: 2
                        ).makeIterator()
                    self.rows = nil
                    let items = try await rows.next()
                    self.rows = rows
                    return items.map(Self.events)
                } catch let error as ArchiveError {
                    throw ReplayTapeError(error)
                }
            }
        }
    }

    /// The events of a tape; a `for` loop reads the tape from its start.
    public struct Events: AsyncSequence, Sendable {
        /// One event.
        public typealias Element = TapeEvent
        fileprivate let batches: Batches

        /// Starts at the beginning of the tape.
        public func makeAsyncIterator() -> Iterator { Iterator(batches: batches.makeAsyncIterator()) }

        /// Goes through one batch after another.
        public struct Iterator: AsyncIteratorProtocol {
            private var batches: Batches.Iterator
            private var batch: [TapeEvent] = []
            private var place = 0

            fileprivate init(batches: Batches.Iterator) {
                self.batches = batches
            }

            /// Returns the next event; `nil` at the end.
            public mutating func next() async throws -> TapeEvent? {
                while place == batch.count {
                    guard let next = try await batches.next() else { return nil }
                    (batch, place) = (next, 0)
                }
                defer { place += 1 }
                return batch[place]
            }
        }
    }
}

extension ReplayTape.Books {
    fileprivate var depth: Int? {
        if case .best(let depth) = self { depth } else { nil }
    }
}

/// Why a tape cannot be read: which file, and what to do.
public struct ReplayTapeError: Error, Hashable, CustomStringConvertible {
    /// One line in lower case.
    public let description: String

    init(description: String) {
        self.description = description
    }

    init(_ error: ArchiveError) {
        description = "\(error)"
    }

    init(_ error: BadRequest) {
        description = "\(error)"
    }
}

/// The process's own threads for reading files.
private struct SharedThreads: BlockingPool {
    func submit(_ job: @escaping @Sendable () -> Void) {
        NIOThreadPool.singleton.submit { _ in job() }
    }
}

extension TapeEvent {
    init?(_ row: RowItem) {
        switch row {
        case .quote(let row, let instrument):
            self = .quote(
                Quote(
                    instrument: Int(instrument),
                    tsRecv: row.tsRecv.rawValue,
                    tsEvent: row.tsEvent?.rawValue,
                    bidPrice: row.bidPrice,
                    bidSize: row.bidSize,
                    askPrice: row.askPrice,
                    askSize: row.askSize,
                    sequence: row.sequence,
                    isDerived: row.isDerived,
                    messageIndex: row.messageIndex
                )
            )
        case .trade(let row, let instrument):
            self = .trade(
                Trade(
                    instrument: Int(instrument),
                    tsRecv: row.tsRecv.rawValue,
                    tsEvent: row.tsEvent?.rawValue,
                    price: row.price,
                    size: row.size,
                    aggressorSide: row.aggressorSide.map { $0 == .buyer ? .buyer : .seller },
                    tradeID: row.tradeID,
                    isAggregate: row.isAggregate,
                    firstTradeID: row.firstTradeID,
                    lastTradeID: row.lastTradeID,
                    isInBars: row.isInBars,
                    messageIndex: row.messageIndex
                )
            )
        case .book(let item): self = .book(BookEvent(item))
        case .other(let row):
            guard let event = TapeEvent(row) else { return nil }
            self = event
        }
    }

    private init?(_ row: RareRow) {
        switch row.content {
        case .gap(let row):
            let tsTo = row.tsTo?.rawValue
            self = .gap(Gap(tsFrom: row.tsFrom.rawValue, tsTo: tsTo, cause: row.cause, detail: row.detail))
        case .disconnect(let row, let closed):
            self = .disconnect(
                Disconnect(
                    tsClosed: closed.tsClosed.rawValue,
                    venue: row.venue,
                    code: closed.closeCode.flatMap { Int(exactly: $0) },
                    reason: closed.closeReason
                )
            )
        case .margin: return nil
        }
    }
}

extension BookEvent {
    init(_ item: BookItem) {
        let update = item.update
        let kind: Kind =
            switch update.kind {
            case .snapshot: .snapshot
            case .change: .change
            case .invalid(let cause): .invalid(cause: cause.word)
            }
        self.init(
            instrument: Int(item.instrument),
            channel: item.channel,
            kind: kind,
            levels: update.levels.map { BookLevel($0) },
            tsRecv: update.tsRecv.rawValue,
            tsEvent: update.tsEvent?.rawValue,
            sequence: update.sequence,
            messageIndex: update.messageIndex,
            isVerifiable: update.isVerifiable
        )
    }
}
