import Archive
import MarketModel
import OrderBooks

/// The holes of one connection's books, as rows of the ledger of gaps.
///
/// The row of a hole reaches from the last message of the valid book to the message that showed the hole. Once the book
/// is valid again, the row reaches to there.
struct BookGaps: Sendable {
    private struct Hole: Sendable {
        var row: GapRow
        /// False if the row is in an earlier file.
        var isInFile = true
    }

    private var open: [BookIndex: Hole] = [:]

    /// What the ledger gets because of a change.
    enum Change {
        case began(GapRow)
        case ended(GapRow)
    }

    /// Returns the row for a change of validity; `nil` if nothing is missing because of it.
    ///
    /// `makeRow` makes a row with a number, the feed and the instrument of the place where it is stored.
    mutating func change(for news: BookNews, makeRow: () -> GapRow) -> Change? {
        guard let invalidity = news.invalidity else {
            guard let hole = open.removeValue(forKey: news.book) else { return nil }
            var row = hole.row
            if !hole.isInFile {
                row = makeRow()
                row.tsFrom = hole.row.tsFrom
                row.cause = hole.row.cause
                row.detail = hole.row.detail
            }
            row.tsTo = max(row.tsFrom, news.tsRecv)
            return .ended(row)
        }
        guard news.isEnd, invalidity.reason.isHole else { return nil }
        var row = makeRow()
        row.tsFrom = news.tsValid ?? news.tsRecv
        row.tsTo = max(row.tsFrom, news.tsRecv)
        row.cause = invalidity.gapCause.rawValue
        row.detail = Self.detail(of: news, invalidity)
        if invalidity.reason == .sequence, let expected = invalidity.expected, let found = invalidity.found,
            found > expected
        {
            row.sequenceFrom = expected
            row.sequenceTo = found - 1
        }
        open[news.book] = Hole(row: row)
        return .began(row)
    }

    /// Continues in another file at `time`: holes that are still open get rows of their own there.
    mutating func beginFile(at time: UnixNanoseconds) {
        for book in open.keys {
            open[book]?.isInFile = false
            open[book]?.row.tsFrom = time
        }
    }

    /// Ends the connection: what is missing from here on is the gap of the connection.
    mutating func endConnection() { open.removeAll() }

    private static func detail(of news: BookNews, _ invalidity: BookInvalidity) -> String {
        var text = GapRow.bookDetail + "\(news.channel) of \(news.symbol) has a hole: \(invalidity.reason.words)"
        if let expected = invalidity.expected, let found = invalidity.found {
            text += ", expected \(expected), found \(found)"
        }
        return text
    }
}

extension BookInvalidity {
    /// The cause of the gap that a hole leaves.
    fileprivate var gapCause: GapCause { reason == .checksum ? .checksum : .sequence }
}
