import JSONScanning
import MarketModel

extension KrakenVenue: SnapshotVenue {
    /// Writes `{"channel":"book","type":"snapshot","data":[{"symbol","bids","asks","checksum","timestamp"}]}`.
    ///
    /// The checksum is over the digits as sent, so they are kept.
    package func snapshot(of book: VenueBook) -> String? {
        let sides = [book.bids, book.asks].map { side in
            VenueBook.list(side) { #"{"price":\#($0.price),"qty":\#($0.size)}"# }
        }
        let checksum = book.checksum.map { #","checksum":\#($0)"# } ?? ""
        let time = (book.tsEvent ?? book.tsRecv).iso8601
        return #"{"channel":\#(JSONText.quoted(book.channel)),"type":"snapshot","data":[{"#
            + #""symbol":\#(JSONText.quoted(book.symbol)),"bids":\#(sides[0]),"asks":\#(sides[1])\#(checksum),"#
            + #""timestamp":"\#(time)"}]}"#
    }
}
