import MarketModel
import Testing
import Venues

/// What a client with a mapping sends, and what it makes of answers.
struct MappingDialectTests {
    private static let mapping =
        #"{"subscribe":["trades {symbol} {id}","all {symbols} {id}"],"pace":2,"#
        + #""ping":{"send":"ping {id}","seconds":20},"#
        + #""message":[{"kind":"trade","match":{"e":"t"},"symbol":"s","price":"p","size":"p"},"#
        + #"{"kind":"accepted","match":{"e":"ok"},"symbol":"s"},{"kind":"accepted","text":"OK"},"#
        + #"{"kind":"refused","match":{"e":"no"},"symbol":"s","reason":"why"},"#
        + #"{"kind":"ping","match":{"e":"ping"},"answer":"{\"pong\":{value:n}}"},{"kind":"ignore","text":"pong"}]}"#

    @Test("requests are sent at the pace, for each symbol and for all, and pings after them")
    func requests() throws {
        var run = try MappingRun(recording: Self.mapping, symbols: ["a\"b", "c"])
        #expect(run.sent == [#"trades a\"b 1"#, "trades c 2"])
        run.wait(until: 1)
        #expect(run.sent.last == #"all ["a\"b","c"] 3"# && run.sent.count == 3)
        run.wait(until: 19)
        #expect(run.sent.count == 3)
        run.wait(until: 20)
        #expect(run.sent.last == "ping 4" && run.sent.count == 4)
    }

    @Test("the venue's pings are answered with their values, and only on an open connection")
    func pings() throws {
        var run = try MappingRun(recording: Self.mapping, symbols: ["a"])
        run.receive(#"{"e":"ping","n":"x\"1"}"#, "pong")
        #expect(run.sent.last == #"{"pong":"x\"1"}"# && run.outcome.recognised == 2 && run.outcome.dataMessages == 0)
        var reader = MappingRun(Self.mapping)
        reader.receive(#"{"e":"ping","n":1}"#)
        #expect(reader.sent.isEmpty && reader.outcome.recognised == 1)
    }

    @Test("a feed is subscribed once every request is acknowledged or refused")
    func acknowledgements() throws {
        var run = try MappingRun(recording: Self.mapping, symbols: ["a", "b"])
        run.receive(#"{"e":"ok","s":"B"}"#)
        #expect(!run.outcome.isSubscribed)
        run.receive(#"{"e":"no","s":"a","why":"no such symbol"}"#)
        #expect(run.outcome.refusals == [SubscriptionRefusal(name: "a", reason: "no such symbol")])
        #expect(!run.outcome.isSubscribed && run.events.venueEvents.map(\.kind) == ["refused"])
        run.receive("OK")
        #expect(run.outcome.isSubscribed && run.outcome.ending == nil)
        #expect(run.dialect.undelivered == ["b"])
        run.receive(#"{"e":"t","s":"B","p":1}"#)
        #expect(run.dialect.undelivered.isEmpty)
    }

    @Test("an answer counts for the oldest open request of its symbol, in whatever order answers come")
    func order() throws {
        let mapping =
            #"{"subscribe":["t {symbol}","b {symbol}","all {symbols}"],"pace":1000,"#
            + #""message":[{"kind":"accepted","match":{"e":"ok"},"symbol":"s"},"#
            + #"{"kind":"refused","match":{"e":"no"},"symbol":"s"}]}"#
        var run = try MappingRun(recording: mapping, symbols: ["A-1", "B-1"])
        run.receive(#"{"e":"ok","s":"b1"}"#, #"{"e":"ok","s":"b1"}"#, #"{"e":"ok","s":"x"}"#)
        // Only the request for all symbols is left for B-1.
        run.receive(#"{"e":"no","s":"B-1"}"#)
        #expect(run.outcome.refusals.map(\.name) == ["B-1"] && !run.outcome.isSubscribed)
        run.receive(#"{"e":"ok"}"#)
        #expect(!run.outcome.isSubscribed)
        run.receive(#"{"e":"ok","s":"B-1"}"#)
        #expect(!run.outcome.isSubscribed)
        run.receive(#"{"e":"ok","s":"a1"}"#)
        #expect(run.outcome.isSubscribed)
    }

    @Test("a connection ends if the venue refuses everything, or answers nothing for 30 seconds")
    func endings() throws {
        var refused = try MappingRun(recording: Self.mapping, symbols: ["a"])
        refused.receive(#"{"e":"no","why":"closed"}"#, #"{"e":"no"}"#)
        #expect(refused.outcome.ending?.kind == .refused)
        var silent = try MappingRun(recording: Self.mapping, symbols: ["a"])
        silent.wait(until: 29)
        #expect(silent.dialect.ending == nil)
        silent.wait(until: 30)
        #expect(silent.dialect.ending?.kind == .unanswered)
    }

    @Test("without acknowledgements in the mapping, a feed is subscribed at once")
    func unacknowledged() throws {
        let mapping = #"{"message":[{"kind":"trade","symbol":"s","price":"p","size":"p"}]}"#
        var run = try MappingRun(recording: mapping, symbols: [])
        run.receive(#"{"s":"A","p":1}"#)
        #expect(run.outcome.isSubscribed && run.sent.isEmpty && run.events.trades.count == 1)
    }
}
