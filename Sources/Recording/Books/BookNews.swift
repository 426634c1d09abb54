import MarketModel
import OrderBooks

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

    init(
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
