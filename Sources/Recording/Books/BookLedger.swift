import Archive
import MarketModel
import OrderBooks
import Venues

/// The order books of one connection while its messages are read: which of their states are stored, which holes they
/// have, and which quotes they give.
///
/// It depends on the messages alone, so that the same messages give the same rows.
struct BookLedger: Sendable {
    /// What a book needs beside its keeper.
    private struct Place: Sendable {
        /// Receive time of the message after which the book was last valid.
        var tsValid: UnixNanoseconds?
        /// The place of the last stored state among the connection's messages, and the levels changed since.
        var storedAt: Int64 = 0
        var changedLevels = 0
        var resyncs: Int64 = 0
        var hasBegun = false
        let symbol: String
        let channel: String
        /// The instrument of the last stored state.
        var instrumentID: Int64?
    }

    /// A valid book is stored again after this many messages of its connection, if twice as many levels have changed as
    /// it has.
    ///
    /// A reader then replays a few milliseconds of messages, and stored books stay much smaller than their messages.
    private static let messagesBetween: Int64 = 1500
    /// A valid book is stored after this many messages in any case.
    private static let messagesMax: Int64 = 50_000

    private var set = BookSet()
    private var places: [Place] = []
    /// The messages that the connection has received so far.
    private var received: Int64 = 0
    /// States of books that have not been named by a message yet.
    private var unnamed = StoredBooks()
    private var quotes: DerivedQuotes
    /// The changes of validity since the last call of ``takeNews()``.
    private var news: [BookNews] = []

    /// Begins without books; those of the symbols in `quotesFromBook` will give quotes.
    init(quotesFromBook: SymbolSelection = .none) {
        quotes = DerivedQuotes(of: quotesFromBook)
    }

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
            let message = events.bookMessages[index]
            let position = RowPosition(message.origin, source.batch, source.firstMessageIndex)
            let cause = apply(index, of: events, position, after: Int64(message.origin.message), source)
            if quotes.isOn,
                let quote = quotes.quote(after: message, position, in: set, source.books, stated: events.quotes)
            {
                rows.append(quote, position, source.symbols, &instruments)
            }
            guard let cause else { continue }
            let symbol = source.books[message.book].symbol
            guard let id = rows.instrumentID(of: symbol, source.symbols, &instruments) else { continue }
            let book = Int(message.book.value)
            places[book].instrumentID = id
            rows.append(row(book, position, message.tsEvent, cause, id, source.connectionID))
        }
        received += Int64(source.batch.count)
    }

    /// Counts received messages without a book.
    mutating func pass(_ count: Int) { received += Int64(count) }

    /// Applies the book messages of a stored `batch`, so that the books are known for what follows; stores nothing.
    ///
    /// `messageIndexes` are the numbers of the messages, without which no stored state can be continued.
    mutating func follow(
        _ events: MarketEvents,
        _ batch: MessageBatch,
        messageIndexes: [Int64],
        symbols: SymbolTable,
        books: BookTable
    ) {
        let source = Source(batch: batch, firstMessageIndex: 0, connectionID: 0, symbols: symbols, books: books)
        var (counted, before) = (0, Int64(0))
        for index in events.bookMessages.indices {
            let origin = events.bookMessages[index].origin
            while counted < origin.message {
                before += batch.entries[counted].direction == .received ? 1 : 0
                counted += 1
            }
            let number = messageIndexes.indices.contains(origin.message) ? messageIndexes[origin.message] : 0
            let position = RowPosition(
                tsRecv: batch.entries[origin.message].tsRecv,
                messageIndex: number,
                item: Int64(origin.item)
            )
            _ = apply(index, of: events, position, after: before, source)
        }
        received += Int64(batch.entries.count { $0.direction == .received })
        news = []
    }

    /// Continues books from stored states of the connection, once its messages name them.
    mutating func resume(from stored: StoredBooks) { unnamed = stored }

    /// The changes of validity since the last call, in order.
    mutating func takeNews() -> [BookNews] {
        guard !news.isEmpty else { return [] }
        defer { news = [] }
        return news
    }

    /// True if the book of `symbol` on `channel` is valid.
    func hasValidBook(_ symbol: String, _ channel: String) -> Bool {
        places.indices.contains { index in
            guard places[index].symbol == symbol, places[index].channel == channel else { return false }
            return set[BookIndex(Int32(truncatingIfNeeded: index))]?.isValid ?? false
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
            let row = row(book, position, nil, stored(book, received, "checkpoint"), id, connectionID)
            // A reader of the new file does not know the last quote of a book that has no levels there.
            if row.book == nil { quotes.forget(book) }
            return row
        }
    }

    // MARK: Inside

    /// Applies a message, which follows `count` received messages of its batch; returns why its state is to be stored.
    private mutating func apply(
        _ index: Int,
        of events: MarketEvents,
        _ position: RowPosition,
        after count: Int64,
        _ source: Source
    ) -> String? {
        let message = events.bookMessages[index]
        guard source.books.entries.indices.contains(Int(message.book.value)) else { return nil }
        while places.count <= Int(message.book.value) {
            let entry = source.books.entries[places.count]
            places.append(Place(symbol: source.symbols.text(of: entry.symbol), channel: entry.channel))
        }
        if !unnamed.isEmpty, isStored(message.book, position, after: count, source.books, source.symbols) { return nil }
        guard let outcome = set.apply(messageAt: index, of: events, books: source.books) else { return nil }
        note(outcome, position, source)
        if quotes.isOn { quotes.note(outcome, in: set, source.books, source.symbols) }
        return causeOfRow(outcome, message, after: count)
    }

    /// True if the message at `position` is part of the stored state of its book, which begins with the last of them.
    private mutating func isStored(
        _ book: BookIndex,
        _ position: RowPosition,
        after count: Int64,
        _ books: BookTable,
        _ symbols: SymbolTable
    ) -> Bool {
        let index = Int(book.value)
        let name = (places[index].symbol, places[index].channel)
        guard let state = unnamed.state(of: name.0, name.1) else { return false }
        let (last, present) = ((state.row.messageIndex, state.row.item), (position.messageIndex, position.item))
        if present < last { return true }
        if present == last { places[index].storedAt = received + count }
        unnamed.remove(name.0, name.1)
        guard set.restore(state.checkpoint, state.counts, of: book, books: books) else { return false }
        if quotes.isOn { quotes.begin(book, in: set, books, symbols) }
        places[index].tsValid = state.row.tsRecv
        places[index].resyncs = state.row.counts.resyncs
        places[index].hasBegun = true
        places[index].instrumentID = state.row.instrumentID
        return present == last
    }

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
        after count: Int64
    ) -> String? {
        let book = Int(outcome.book.value)
        let number = received + count
        switch outcome.effect {
        case .state(began: true): return stored(book, number, "snapshot")
        case .invalidated: return stored(book, number, outcome.invalidity?.reason.rawValue ?? "unknown")
        case .state(began: false):
            places[book].changedLevels += message.levels.count
            let messages = number - places[book].storedAt
            guard messages >= Self.messagesBetween, let keeper = set[outcome.book] else { return nil }
            let levels = keeper.book.bids.count + keeper.book.asks.count
            guard places[book].changedLevels >= 2 * levels || messages >= Self.messagesMax else { return nil }
            return stored(book, number, "checkpoint")
        case .stale, .waiting, .refused: return nil
        }
    }

    private mutating func stored(_ book: Int, _ number: Int64, _ cause: String) -> String {
        places[book].storedAt = number
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
