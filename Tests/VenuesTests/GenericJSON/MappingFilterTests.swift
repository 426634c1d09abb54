import MarketModel
import Testing
import Venues

/// Which messages a client may get that may see only some symbols.
struct MappingFilterTests {
    private static let mapping =
        #"{"symbols":{"btc":"BTC/USD"},"message":["#
        + #"{"kind":"trade","match":{"e":"trade"},"symbol":"ch","symbol_pattern":"trades_{symbol}","#
        + #""price":"p","size":"q"},"#
        + #"{"kind":"quote","match":{"e":"many","list.*.on":"1"},"symbol":"list.*.s","bid":"list.*.b"},"#
        + #"{"kind":"event","match":{"e":"news"},"symbol":"s"},"#
        + #"{"kind":"accepted","match":{"e":"ok"},"symbol":"s"},{"kind":"refused","match":{"e":"no"},"symbol":"s"},"#
        + #"{"kind":"ping","match":{"e":"ping"}},{"kind":"ignore","match":{"e":"other"}},"#
        + #"{"kind":"accepted","text":"OK"},{"kind":"ignore","text":"hello"}]}"#

    private static func permits(_ message: String, symbols: Set<String> = ["BTC/USD"]) throws -> Bool {
        var reading = VenueReading()
        reading.mapping = try FeedMapping(json: mapping)
        var filter = try #require(Venue.genericJSON.definition.makeFilter(reading, symbols: symbols))
        return filter.permits(batch([message, "", message]))[2]
    }

    private static func batch(_ texts: [String]) -> MessageBatch {
        var batch = MessageBatch()
        for text in texts { batch.append(text.utf8, direction: .received, tsRecv: UnixNanoseconds(0)) }
        return batch
    }

    @Test(
        "a message that names permitted symbols alone is permitted, and so are acknowledgements and pings without one",
        arguments: [
            #"{"e":"trade","ch":"trades_btc","p":"1","q":"2"}"#,
            #"{"e":"trade","ch":"trades_btc","p":"unreadable","q":null}"#,
            #"{"e":"many","list":[{"s":"btc","b":1,"on":1},{"s":"btc","b":2,"on":0}]}"#,
            #"{"e":"many","list":[{"s":"btc","b":1,"on":1},{"b":2,"on":0}]}"#,
            #"{"e":"news","s":"btc"}"#, #"{"e":"ok","s":"btc"}"#, #"{"e":"ok"}"#, #"{"e":"no","s":"btc"}"#,
            #"{"e":"ping"}"#, "OK", #"{"e":"news","s":"b\u0074c"}"#,
        ]
    )
    func permitted(message: String) throws {
        #expect(try Self.permits(message))
        #expect(try !Self.permits(message, symbols: ["ETH"]) || !message.contains("btc"))
    }

    @Test(
        "a message about another symbol is withheld, and so is one that may be about any",
        arguments: [
            #"{"e":"trade","ch":"trades_eth","p":"1","q":"2"}"#,
            // The symbol of the messages, but not that of the rows.
            #"{"e":"trade","ch":"trades_BTC/USD2","p":"1","q":"2"}"#,
            #"{"e":"trade","ch":"quotes_btc","p":"1","q":"2"}"#, #"{"e":"trade","p":"1","q":"2"}"#,
            #"{"e":"many","list":[{"s":"btc","b":1,"on":1},{"s":"eth","b":2,"on":1}]}"#,
            #"{"e":"many","list":[{"s":"btc","b":1,"on":1},{"s":"eth","b":2,"on":0}]}"#,
            #"{"e":"many","list":[{"s":"btc","b":1,"on":1},{"b":2,"on":1}]}"#,
            #"{"e":"many","list":[]}"#, #"{"e":"many","list":"btc"}"#,
            #"{"e":"news"}"#, #"{"e":"ok","s":"eth"}"#, #"{"e":"no"}"#, #"{"e":"other"}"#, #"{"e":"unknown"}"#,
            #"{"e":"trade","ch":"trades_btc","p":"1","#, "hello", "", "btc",
        ]
    )
    func withheld(message: String) throws { #expect(try !Self.permits(message)) }

    @Test("without a usable mapping, everything is withheld")
    func none() throws {
        var filter = try #require(Venue.genericJSON.definition.makeFilter(VenueReading(), symbols: ["A"]))
        #expect(filter.permits(Self.batch([#"{"s":"A"}"#, "OK"])) == [false, false])
        #expect(filter.permits(MessageBatch()) == [])
    }
}
