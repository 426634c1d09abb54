import JSONScanning
import MarketModel

extension CoinbaseVenue: SnapshotVenue {
    /// Writes a message of `l2_data` with one event of the type `snapshot`.
    ///
    /// It has no `sequence_num`: the session gives it the next number of its client.
    package func snapshot(of book: VenueBook) -> String? {
        let time = (book.tsEvent ?? book.tsRecv).iso8601
        let bids = book.bids.map { Self.level("bid", $0, time) }
        let asks = book.asks.map { Self.level("offer", $0, time) }
        return #"{"channel":"l2_data","client_id":"","timestamp":"\#(time)","events":[{"type":"snapshot","#
            + #""product_id":\#(JSONText.quoted(book.symbol)),"updates":[\#((bids + asks).joined(separator: ","))]}]}"#
    }

    private static func level(_ side: String, _ level: BookLevel, _ time: String) -> String {
        #"{"side":"\#(side)","event_time":"\#(time)","price_level":"\#(level.price)","#
            + #""new_quantity":"\#(level.size)"}"#
    }
}
