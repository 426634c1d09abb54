package import MarketModel

extension MessageBatch {
    /// Makes text messages, the first at `start` and each further one `step` later.
    package init(
        texts: some Sequence<String>,
        direction: MessageDirection = .received,
        start: UnixNanoseconds = UnixNanoseconds(0),
        step: Duration = .zero
    ) {
        self.init()
        var time = start
        for text in texts {
            append(Array(text.utf8), direction: direction, tsRecv: time)
            time = time.advanced(by: step)
        }
    }

    /// The payloads as text.
    package var texts: [String] { entries.indices.map { String(decoding: payload(at: $0), as: UTF8.self) } }

    /// Appends all messages of another batch.
    package mutating func append(contentsOf other: MessageBatch) {
        for index in other.entries.indices { append(messageAt: index, of: other) }
    }
}

/// Messages as sent by Binance's spot market on a combined connection.
package enum SpotSample {
    /// A trade; its venue time is in milliseconds.
    package static func trade(
        _ symbol: String = "BTCUSDT",
        id: Int,
        price: String = "61837.63000000",
        size: String = "0.00100000",
        time: Int64 = 1_767_571_200_000
    ) -> String {
        #"{"stream":"\#(symbol.lowercased())@trade","data":{"e":"trade","E":\#(time),"s":"\#(symbol)","t":\#(id),"#
            + #""p":"\#(price)","q":"\#(size)","T":\#(time),"m":true,"M":true}}"#
    }

    /// One aggregate of the trades `ids`; its venue time is in milliseconds.
    package static func aggregate(
        _ symbol: String = "BTCUSDT",
        id: Int,
        trades ids: ClosedRange<Int>,
        price: String = "61837.63000000",
        size: String = "0.00100000",
        time: Int64 = 1_767_571_200_000
    ) -> String {
        #"{"stream":"\#(symbol.lowercased())@aggTrade","data":{"e":"aggTrade","E":\#(time),"s":"\#(symbol)","#
            + #""a":\#(id),"p":"\#(price)","q":"\#(size)","f":\#(ids.lowerBound),"l":\#(ids.upperBound),"#
            + #""T":\#(time),"m":true,"M":true}}"#
    }

    /// A best bid and ask, which has no time.
    package static func bookTicker(
        _ symbol: String = "BTCUSDT",
        id: Int,
        bid: String = "61837.63000000",
        ask: String = "61837.64000000",
        size: String = "1.00000000"
    ) -> String {
        #"{"stream":"\#(symbol.lowercased())@bookTicker","data":{"u":\#(id),"s":"\#(symbol)","b":"\#(bid)","#
            + #""B":"\#(size)","a":"\#(ask)","A":"\#(size)"}}"#
    }
}
