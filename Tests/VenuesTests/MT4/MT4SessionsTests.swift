import MarketModel
import Testing
import Venues

/// `ConSymbol.sessions`, which hubs send for each day of the week.
struct MT4SessionsTests {
    private static let closed = #"{"openHour":0,"openMin":0,"closeHour":0,"closeMin":0}"#
    private static let day = #"{"openHour":0,"openMin":5,"closeHour":24,"closeMin":0,"align":[0]}"#

    /// Reads sessions that a hub sends for Sunday to Saturday, as minutes of the week.
    private func sessions(_ days: [String]) throws -> [[Int]]? {
        var run = MT4DialectRun()
        let week = days.map { #"{"quoteOvernight":false,"quote":[\#($0)],"trade":[]}"# }.joined(separator: ",")
        let symbol = #"{"symbol":"EURUSD","digits":5,"Sessions":[\#(week)]}"#
        run.receive(
            #"{"type":1,"target":"OnSymbolUpdate","arguments":[{"tradePlatform":"P","symbol":\#(symbol)}]}|"#
        )
        return try #require(run.events.instrumentDetails.first).sessions?.map { [$0.from, $0.to] }
    }

    @Test("kind 13 the quote sessions of a week are read, for any number per day")
    func week() throws {
        let two =
            Self.day.replacing(#""closeHour":24"#, with: #""closeHour":12"#) + ","
            + #"{"openHour":13,"openMin":0,"closeHour":"22","closeMin":30}"#
        let read = try sessions([Self.closed, Self.day, two, Self.day, "", Self.day, Self.closed])
        #expect(read == [[1445, 2880], [2885, 3600], [3660, 4230], [4325, 5760], [7205, 8640]])
    }

    @Test("kind 13 a session that ends before it starts ends on the next day, also on Saturday")
    func overnight() throws {
        let night = #"{"openHour":22,"openMin":0,"closeHour":4,"closeMin":0}"#
        let read = try sessions([night, "", "", "", "", "", night])
        #expect(read == [[1320, 1680], [9960, 10320]])
    }

    @Test(
        "kind 13 uncertain sessions are not used",
        arguments: [
            // No days, six days, only zeros, impossible hours, an invalid session.
            [], Array(repeating: day, count: 6), Array(repeating: closed, count: 7),
            Array(repeating: #"{"openHour":25,"openMin":0,"closeHour":26,"closeMin":0}"#, count: 7),
            Array(repeating: "null", count: 7), Array(repeating: "5", count: 7),
        ]
    )
    func uncertain(days: [String]) throws {
        #expect(try sessions(days) == nil)
    }
}
