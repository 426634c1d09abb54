/// Messages of Bybit's order book of 50 levels.
enum BybitLines {
    static func book(_ type: String, _ number: Int, bids: [String], asks: [String] = []) -> String {
        let sides = [bids, asks].map { "[" + $0.joined(separator: ",") + "]" }
        return #"{"topic":"orderbook.50.BTCUSDT","ts":1767571200000,"type":"\#(type)","#
            + #""data":{"s":"BTCUSDT","b":\#(sides[0]),"a":\#(sides[1]),"u":\#(number),"seq":\#(number * 10)},"#
            + #""cts":1767571200000}"#
    }

    static func snapshot(_ number: Int) -> String {
        book("snapshot", number, bids: [#"["99","1"]"#], asks: [#"["101","1"]"#])
    }

    /// A change that sets the size of the best bid to `number`.
    static func change(_ number: Int) -> String { book("delta", number, bids: [#"["99","\#(number)"]"#]) }
}
