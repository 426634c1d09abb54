import Archive
import MarketModel
import OrderBooks

/// The stored state with which a book of a connection begins.
struct BookBeginning {
    /// Damaged states are skipped; at most this number of states is tried.
    private static let statesMax = 8

    let row: BookCheckpointRow
    /// `nil` if each message is the whole book: the state is then that of the first message after it.
    let checkpoint: BookCheckpoint?

    /// `nil` for a state without a valid book, or one that cannot be read.
    private init?(_ row: BookCheckpointRow) {
        guard row.isValid else { return nil }
        self.row = row
        checkpoint = row.book.flatMap { try? BookCheckpoint(bytes: $0) }
        if row.book != nil, checkpoint == nil { return nil }
    }

    /// The state of a book just before `range`, or else the first one in it; `nil` if there is none.
    ///
    /// The `places` are those of one book of one connection, and `opened` is when it was opened.
    init?(
        _ reader: ArchiveReader,
        _ places: [BookPlace],
        opened: UnixNanoseconds,
        _ range: ReadRange
    ) throws(ArchiveError) {
        var rows: [BookCheckpointRow] = []
        if opened < range.from {
            for place in places {
                rows += try reader.bookStates(of: place, from: opened, before: range.from, limit: Self.statesMax)
            }
            rows.sort { $1.order < $0.order }
            if rows.first?.isValid == true, let found = rows.lazy.compactMap({ Self($0) }).first {
                self = found
                return
            }
        }
        rows = []
        for place in places {
            rows += try reader.validBookStates(
                of: place,
                from: max(opened, range.from),
                before: range.to,
                limit: Self.statesMax
            )
        }
        guard let found = rows.sorted(by: { $0.order < $1.order }).lazy.compactMap({ Self($0) }).first else {
            return nil
        }
        self = found
    }

    /// A message, and an item in it.
    typealias Position = (message: Int64, item: Int64)

    /// The first position that the state does not include.
    var end: Position {
        if row.item < 0 { return (row.messageIndex, .min) }
        return (row.messageIndex, checkpoint == nil ? row.item : row.item + 1)
    }

    /// True if the state is that after the item at `position`.
    func isState(after position: Position) -> Bool {
        checkpoint != nil && row.item >= 0 && position == (row.messageIndex, row.item)
    }

    var levelCount: Int { checkpoint.map { max($0.book.bids.count, $0.book.asks.count) } ?? 0 }
}

extension BookCheckpointRow {
    fileprivate var order: (UnixNanoseconds, Int64, Int64) { (tsRecv, messageIndex, item) }
}
