/// Messages of Bybit's order book of BTCUSDT.
enum BookLines {
    /// A message with number `number`, sides as pairs of price and size, and `padding` bytes without meaning.
    static func book(
        _ type: String,
        _ number: Int,
        bids: [(Int, Int)],
        asks: [(Int, Int)] = [],
        padding: Int = 0
    ) -> String {
        let sides = [bids, asks].map { side in
            side.map { #"["\#($0.0).50","\#($0.1)"]"# }.joined(separator: ",")
        }
        let pad = padding > 0 ? #""pad":"\#(String(repeating: "x", count: padding))","# : ""
        return #"{"topic":"orderbook.50.BTCUSDT",\#(pad)"ts":1767571200000,"type":"\#(type)","data":{"s":"BTCUSDT","#
            + #""b":[\#(sides[0])],"a":[\#(sides[1])],"u":\#(number),"seq":\#(number)},"cts":1767571200000}"#
    }

    /// A snapshot with `levels` levels on each side of 50,000.
    static func snapshot(_ number: Int, levels: Int) -> String {
        book(
            "snapshot",
            number,
            bids: (1...levels).map { (50_000 - $0, 1) },
            asks: (1...levels).map { (50_000 + $0, 1) }
        )
    }

    /// Changes of one level each, with these numbers.
    static func changes(_ numbers: Range<Int>, padding: Int = 0) -> [String] {
        numbers.map { book("delta", $0, bids: [(49_999 - $0 % 10, $0 % 7 + 1)], padding: padding) }
    }
}
