import JSONScanning
import MarketModel

extension OKXVenue: SnapshotVenue {
    /// Writes `{"arg":{…},"action":"snapshot","data":[{"asks","bids","ts","checksum","seqId","prevSeqId"}]}`.
    ///
    /// A checksum of 0 means that there is none. The number of orders at a price is not known, and written as 1.
    func snapshot(of book: VenueBook) -> String? {
        let sides = [book.asks, book.bids].map { side in
            VenueBook.list(side) { #"["\#($0.price)","\#($0.size)","0","1"]"# }
        }
        let checksum = Int32(bitPattern: book.checksum ?? 0)
        let numbers = book.number.map { #","seqId":\#($0),"prevSeqId":-1"# } ?? ""
        return #"{"arg":{"channel":\#(JSONText.quoted(book.channel)),"instId":\#(JSONText.quoted(book.symbol))},"#
            + #""action":"snapshot","data":[{"asks":\#(sides[0]),"bids":\#(sides[1]),"#
            + #""ts":"\#(book.milliseconds)","checksum":\#(checksum)\#(numbers)}]}"#
    }
}
