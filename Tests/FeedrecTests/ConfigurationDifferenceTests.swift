import Testing

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

    @Test("a reload knows which feeds are new, gone, changed and the same")
    func feeds() throws {
        let old = try configuration([("a", "x@trade"), ("b", "x@trade"), ("c", "x@trade")])
        let new = try configuration([("d", "x@trade"), ("c", "y@trade"), ("a", "x@trade")])
        let difference = ConfigurationDifference(from: old, to: new)
        #expect(difference.added.map(\.name) == ["d"])
        #expect(difference.removed.map(\.name) == ["b"])
        #expect(difference.changed.map(\.name) == ["c"] && difference.changed.first?.streams == ["y@trade"])
        #expect(difference.unchanged.map(\.name) == ["a"])
        #expect(difference.needRestart.isEmpty)
    }

    @Test("the same configuration in another order and with other comments changes nothing")
    func nothing() throws {
        let old = try configuration([("a", "x@trade"), ("b", "x@trade")])
        let new = try configuration(
            [("b", "x@trade"), ("a", "x@trade")],
            head: "# a comment\n[log]\nlevel = \"debug\""
        )
        #expect(ConfigurationDifference(from: old, to: new).isEmpty)
        #expect(ConfigurationDifference(from: old, to: new).needRestart == [])
    }

    @Test("options that only a restart can change are named")
    func restart() throws {
        let old = try configuration([("a", "x@trade")])
        var new = try configuration([("a", "x@trade")], head: "when_full = \"drop\"\n[metrics]\nlisten = \"9464\"")
        #expect(ConfigurationDifference(from: old, to: new).needRestart == ["metrics.listen", "when_full"])
        new = old
        #expect(ConfigurationDifference(from: old, to: new).isEmpty)
    }
}
