import Testing
import Venues

@testable import feedrec

struct ConfigurationDifferenceTests {
    private func configuration(_ feeds: [(name: String, stream: String)], head: String = "") throws
        -> RecorderConfiguration
    {
        let text = feeds.map {
            ConfigurationTests.feed.replacing("\"a\"", with: "\"\($0.name)\"")
                .replacing("btcusdt@trade", with: $0.stream)
        }
        return try ConfigurationTests.read("archive = \"t\"\n\(head)\n" + text.joined())
    }

    @Test("a reload recognises new, removed, changed and unchanged feeds")
    func feeds() throws {
        let old = try configuration([("a", "x@trade"), ("b", "y@trade"), ("c", "z@trade")])
        let new = try configuration([("d", "w@trade"), ("c", "z@bookTicker"), ("a", "x@trade")])
        let difference = ConfigurationDifference(from: old, to: new)
        #expect(difference.added.map(\.name) == ["d"])
        #expect(difference.removed.map(\.name) == ["b"])
        #expect(difference.changed.map(\.name) == ["c"])
        #expect(difference.changed.first?.options.texts(BinanceSpotVenue.streams) == ["z@bookTicker"])
        #expect(difference.unchanged.map(\.name) == ["a"])
        #expect(difference.needRestart.isEmpty)
    }

    @Test("another order and other comments change nothing")
    func nothing() throws {
        let old = try configuration([("a", "x@trade"), ("b", "y@trade")])
        let new = try configuration(
            [("b", "y@trade"), ("a", "x@trade")],
            head: "# a comment\n[log]\nlevel = \"debug\""
        )
        #expect(ConfigurationDifference(from: old, to: new).isEmpty)
        #expect(ConfigurationDifference(from: old, to: new).needRestart == [])
    }

    @Test("options that need a restart are reported")
    func restart() throws {
        let old = try configuration([("a", "x@trade")])
        var new = try configuration([("a", "x@trade")], head: "commit_interval = \"1s\"\n[metrics]\nlisten = \"9464\"")
        #expect(ConfigurationDifference(from: old, to: new).needRestart == ["commit_interval", "metrics.listen"])
        new = old
        #expect(ConfigurationDifference(from: old, to: new).isEmpty)
    }
}
