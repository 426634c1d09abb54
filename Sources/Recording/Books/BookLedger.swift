import Archive
import MarketModel
import OrderBooks

/// The order books of one connection while its messages are read: which of their states are stored, and which holes
/// they have.
///
/// It depends on the messages alone, so that the same messages give the same rows.
struct BookLedger: Sendable {
    /// What a book needs beside its keeper.
    private struct Place: Sendable {
        /// Receive time of the message after which the book was last valid.
        var tsValid: UnixNanoseconds?
        /// The message of the last stored state, and the levels that have changed since.
        var storedMessage: Int64 = 0
        var changedLevels = 0
        var resyncs: Int64 = 0
        var hasBegun = false
        let symbol: String
        let channel: String
        /// The instrument of the last stored state.
        var instrumentID: Int64?
    }

    /// A valid book is stored again after this many messages of its connection, if as many levels have changed as it
    /// has.
    ///
    /// A reader then replays a few milliseconds of messages, and stored books stay smaller than their messages.
    private static let messagesBetween: Int64 = 5000
    /// A valid book is stored after this many messages in any case.
    private static let messagesMax: Int64 = 200_000

    private var set = BookSet()
    private var places: [Place] = []
    /// The changes of validity since the last call of ``takeNews()``.
    private var news: [BookNews] = []

    /// The messages of one read, and where their rows go.
    struct Source {
        let batch: MessageBatch
        let firstMessageIndex: Int64
        let connectionID: Int64
        let symbols: SymbolTable
        let books: BookTable
    }

    /// Applies the book messages among `events`, and adds rows for states that are stored.
    mutating func read(
        _ events: MarketEvents,
        _ source: Source,
        rows: inout RowBuilder,
        instruments: inout SymbolInstruments
    ) {
        for index in events.bookMessages.indices {
            guard let outcome = set.apply(messageAt: index, of: events, books: source.books) else { continue }
            let message = events.bookMessages[index]
            let book = Int(outcome.book.value)
            while places.count <= book {
                let entry = source.books.entries[places.count]
                places.append(Place(symbol: source.symbols.text(of: entry.symbol), channel: entry.channel))
            }
            let position = RowPosition(message.origin, source.batch, source.firstMessageIndex)
            note(outcome, position, source)
            guard let cause = causeOfRow(outcome, message, position) else { continue }
            let symbol = source.books[outcome.book].symbol
            guard let id = rows.instrumentID(of: symbol, source.symbols, &instruments) else { continue }
            places[book].instrumentID = id
            rows.append(row(book, position, message.tsEvent, cause, id, source.connectionID))
        }
    }

    /// Applies the book messages among `events` without storing anything, so that the books are known for what follows.
    mutating func follow(_ events: MarketEvents, _ books: BookTable) {
        for index in events.bookMessages.indices { _ = set.apply(messageAt: index, of: events, books: books) }
    }

    /// The changes of validity since the last call, in order.
    mutating func takeNews() -> [BookNews] {
        guard !news.isEmpty else { return [] }
        defer { news = [] }
        return news
    }

    /// True if the book of `symbol` on `channel` is valid.
    func hasValidBook(_ symbol: String, _ channel: String) -> Bool {
        places.indices.contains { index in
            places[index].symbol == symbol && places[index].channel == channel && set.keepers[index].isValid
        }
    }

    /// Ends the books with their connection: one row for each that was ever valid, with what was counted.
    ///
    /// The rows come after the message before `messageIndex`.
    mutating func endConnection(
        connectionID: Int64,
        messageIndex: Int64,
        at time: UnixNanoseconds
    ) -> [BookCheckpointRow] {
        var outcomes: [BookOutcome] = []
        set.disconnect(outcomes: &outcomes)
        let position = RowPosition(tsRecv: time, messageIndex: messageIndex, item: -1)
        defer { places.removeAll() }
        return places.indices.compactMap { book in
            guard let id = places[book].instrumentID else { return nil }
            return row(book, position, nil, BookInvalidity.Reason.disconnected.rawValue, id, connectionID)
        }
    }

    /// The states with which another file begins, so that it explains itself: one for each valid book, before the
    /// message `messageIndex`.
    mutating func beginFile(
        connectionID: Int64,
        messageIndex: Int64,
        at time: UnixNanoseconds
    ) -> [BookCheckpointRow] {
        places.indices.compactMap { book in
            guard let id = places[book].instrumentID, set.keepers[book].isValid else { return nil }
            let position = RowPosition(tsRecv: time, messageIndex: messageIndex, item: -1)
            return row(book, position, nil, stored(book, position, "checkpoint"), id, connectionID)
        }
    }

    // MARK: Inside

    private mutating func note(_ outcome: BookOutcome, _ position: RowPosition, _ source: Source) {
        let book = Int(outcome.book.value)
        let place = places[book]
        if case .state(let began) = outcome.effect {
            if began {
                if place.hasBegun { places[book].resyncs += 1 }
                places[book].hasBegun = true
                news.append(BookNews(outcome, since: place.tsValid, at: position.tsRecv, source))
            }
            places[book].tsValid = position.tsRecv
        } else if outcome.effect == .invalidated || outcome.needsSnapshot {
            news.append(BookNews(outcome, since: place.tsValid, at: position.tsRecv, source))
        }
    }

    /// Why the state after a message is stored; `nil` if it is not.
    private mutating func causeOfRow(
        _ outcome: BookOutcome,
        _ message: BookMessage,
        _ position: RowPosition
    ) -> String? {
        let book = Int(outcome.book.value)
        switch outcome.effect {
        case .state(began: true): return stored(book, position, "snapshot")
        case .invalidated: return stored(book, position, outcome.invalidity?.reason.rawValue ?? "unknown")
        case .state(began: false):
            places[book].changedLevels += message.levels.count
            let messages = position.messageIndex - places[book].storedMessage
            guard messages >= Self.messagesBetween, let keeper = set[outcome.book] else { return nil }
            let levels = keeper.book.bids.count + keeper.book.asks.count
            guard places[book].changedLevels >= levels || messages >= Self.messagesMax else { return nil }
            return stored(book, position, "checkpoint")
        case .stale, .waiting, .refused: return nil
        }
    }

    private mutating func stored(_ book: Int, _ position: RowPosition, _ cause: String) -> String {
        places[book].storedMessage = position.messageIndex
        places[book].changedLevels = 0
        return cause
    }

    private func row(
        _ book: Int,
        _ position: RowPosition,
        _ tsEvent: UnixNanoseconds?,
        _ cause: String,
        _ instrumentID: Int64,
        _ connectionID: Int64
    ) -> BookCheckpointRow {
        let keeper = set.keepers[book]
        var row = BookCheckpointRow(
            connectionID: connectionID,
            instrumentID: instrumentID,
            channel: places[book].channel,
            tsRecv: position.tsRecv,
            messageIndex: position.messageIndex,
            item: position.item,
            tsEvent: tsEvent,
            isValid: keeper.isValid,
            cause: cause,
            isVerifiable: !keeper.isUnverifiable
        )
        row.expected = keeper.invalidity?.expected
        row.found = keeper.invalidity?.found
        row.counts.applied = Int64(keeper.counts.applied)
        row.counts.resyncs = places[book].resyncs
        row.counts.checksums = Int64(keeper.counts.checksumsRight + keeper.counts.checksumsWrong)
        row.counts.checksumFailures = Int64(keeper.counts.checksumsWrong)
        // A book that each message replaces is read from the next message.
        if keeper.isValid, keeper.rule.start != .everyMessage { row.book = keeper.checkpoint.bytes }
        return row
    }
}

/// A change of a book's validity: it became valid, stopped being valid, or needs another snapshot.
struct BookNews: Sendable {
    let book: BookIndex
    let symbol: String
    let channel: String
    /// Why the book is not valid; `nil` if it has become valid.
    let invalidity: BookInvalidity?
    /// True if the venue must be asked for a snapshot.
    let needsSnapshot: Bool
    /// True if the book was valid until this message.
    let isEnd: Bool
    /// Receive time of the message after which the book was last valid; `nil` if it never was.
    let tsValid: UnixNanoseconds?
    /// Receive time of the message that changed it.
    let tsRecv: UnixNanoseconds

    fileprivate init(
        _ outcome: BookOutcome,
        since tsValid: UnixNanoseconds?,
        at tsRecv: UnixNanoseconds,
        _ source: BookLedger.Source
    ) {
        book = outcome.book
        symbol = source.symbols.text(of: source.books[outcome.book].symbol)
        channel = source.books[outcome.book].channel
        invalidity = outcome.invalidity
        needsSnapshot = outcome.needsSnapshot
        isEnd = outcome.effect == .invalidated
        self.tsValid = tsValid
        self.tsRecv = tsRecv
    }
}
