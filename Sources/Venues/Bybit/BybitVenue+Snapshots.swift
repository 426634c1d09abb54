import JSONScanning
import MarketModel

extension BybitVenue: SnapshotVenue {
    package var usesLastMessage: Bool { true }

    /// Writes `{"topic":"orderbook.50.BTCUSDT","ts":…,"type":"snapshot","data":{"s","b","a","u","seq"},"cts":…}`.
    package func snapshot(of book: VenueBook) -> String? {
        guard let number = book.number else { return nil }
        let sides = [book.bids, book.asks].map { side in
            VenueBook.list(side) { #"["\#($0.price)","\#($0.size)"]"# }
        }
        // The numbers of topics differ; this one also orders trades.
        let sequence = Self.sequence(book.lastMessage) ?? 0
        return #"{"topic":\#(JSONText.quoted("\(book.channel).\(book.symbol)")),"ts":\#(book.milliseconds),"#
            + #""type":"snapshot","data":{"s":\#(JSONText.quoted(book.symbol)),"b":\#(sides[0]),"a":\#(sides[1]),"#
            + #""u":\#(number),"seq":\#(sequence)},"cts":\#(book.milliseconds)}"#
    }

    private static func sequence(_ message: [UInt8]) -> Int64? {
        message.withUnsafeBytes { bytes in
            JSONText.withPlain(bytes) { plain in
                guard let data = BybitEnvelope(JSONCursor(plain)).data else { return nil }
                var sequence: Int64?
                try? data.forEachMember { key, value in
                    if key.equals("seq") { sequence = value.integer }
                }
                return sequence
            }
        }
    }
}
