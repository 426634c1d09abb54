import Archive
import MarketModel
import OrderBooks
import Venues

extension BookTape {
    /// The books that are right at the start of the range, those with the earliest last message first.
    func beginningBooks(withLastMessages: Bool) throws(ArchiveError) -> [VenueBook] {
        var books: [VenueBook] = []
        for (lane, book) in beginnings {
            var known = lane.venueBook(book)
            if withLastMessages { known.lastMessage = try lane.payload(of: lane.books[book].messageIndex) }
            books.append(known)
        }
        return books
    }
}

extension BookLane {
    /// A book as its venue needs it for a snapshot.
    fileprivate func venueBook(_ book: Int) -> VenueBook {
        let known = books[book]
        var result = VenueBook(
            symbol: known.symbol,
            channel: known.channel,
            bids: Array(known.keeper.book.bids),
            asks: Array(known.keeper.book.asks),
            tsRecv: known.tsRecv
        )
        result.number = known.keeper.last
        result.checksum = known.keeper.checksumOfBook
        result.tsEvent = known.tsEvent
        return result
    }
}
