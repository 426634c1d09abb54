import JSONScanning
import MarketModel

extension DeribitVenue: SnapshotVenue {
    /// Writes a notification of `book.BTC-PERPETUAL.100ms` of the type `snapshot`.
    package func snapshot(of book: VenueBook) -> String? {
        guard let number = book.number, let dot = book.channel.firstIndex(of: ".") else { return nil }
        let channel = "\(book.channel[..<dot]).\(book.symbol)\(book.channel[dot...])"
        let sides = [book.bids, book.asks].map { side in
            VenueBook.list(side) { #"["new",\#($0.price),\#($0.size)]"# }
        }
        return #"{"jsonrpc":"2.0","method":"subscription","params":{"channel":\#(JSONText.quoted(channel)),"#
            + #""data":{"type":"snapshot","timestamp":\#(book.milliseconds),"#
            + #""instrument_name":\#(JSONText.quoted(book.symbol)),"change_id":\#(number),"#
            + #""bids":\#(sides[0]),"asks":\#(sides[1])}}}"#
    }
}
