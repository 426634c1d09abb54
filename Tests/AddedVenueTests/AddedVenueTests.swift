import Archive
import ArgumentParser
import FeedrecTestKit
import MarketModel
import Testing
import Venues

@testable import feedrec

/// Acme exists only in this target: everything that feedrec does with a venue follows from its definition.
@Suite(.timeLimit(.minutes(5)))
struct AddedVenueTests {
    @Test("a venue outside feedrec is simulated, recorded, rebuilt, replayed and imported")
    func allVerbs() async throws {
        let runs = try VerbRuns()
        let recording = try await AcmeBench.simulate { try await runs.record(AcmeBench.plan($0)) }
        let reader = try ArchiveReader(path: recording)
        let summary = try reader.summary()
        #expect(summary.tradeCount == Int64(AcmeBench.count))
        #expect(try reader.feeds().map(\.subscription) == [#"{"symbols":["GOLD","TEA"]}"#])
        #expect(try Set(reader.instruments().map(\.symbol)) == ["GOLD", "TEA"])
        #expect(try !reader.gaps().contains { $0.cause == "sequence" })
        #expect(try runs.isSameAfterRebuild(recording))

        let all = try await runs.replay(recording, "/acme", request: #"{"subscribe":["GOLD","TEA"]}"#)
        #expect(all.count == AcmeBench.count + 1 && all.first == #"{"subscribed":["GOLD","TEA"]}"#)
        let tea = try await runs.replay(recording, "/acme", request: #"{"subscribe":["TEA"]}"#)
        #expect(tea.dropFirst() == all.filter { $0.hasPrefix(#"{"symbol":"TEA""#) }[...])

        let absent = try await runs.replay(recording, "/acme", request: #"{"subscribe":["SALT"]}"#)
        #expect(absent.isEmpty)

        let lines = try runs.directory.write(AcmeBench.lines(all.dropFirst() + [#"{"bogus":1}"#]), to: "acme.txt")
        let imported = try await runs.importing(lines, AcmeBench.venue, bars: AcmeBench.bars)
        let importReader = try ArchiveReader(path: imported)
        #expect(try importReader.summary().tradeCount == Int64(AcmeBench.count))
        #expect(try importReader.events(kind: "unrecognised").map(\.isOddity) == [true])
        #expect(try runs.isSameAfterRebuild(imported))
    }

    @Test("its dialect reports the symbols that have not arrived")
    func undelivered() {
        var dialect = AcmeDialect(symbols: ["TEA", "GOLD"])
        #expect(dialect.undelivered == ["GOLD", "TEA"])
        let trade = #"{"symbol":"GOLD","id":17,"price":"1890.5","size":"2","time":1767605400000}"#
        var events = MarketEvents()
        var outgoing = MessageBatch()
        let batch = MessageBatch(texts: [trade])
        _ = dialect.receive(batch, now: UnixNanoseconds(0), events: &events, outgoing: &outgoing)
        #expect(dialect.undelivered == ["TEA"])
    }

    @Test("its options are flags of the command line")
    func flags() throws {
        let url = ["--url", "ws://127.0.0.1:1/acme", "--archive", "tape"]
        _ = AcmeBench.venue
        _ = try RecordCommand.parse(["--venue", "acme", "--symbol", "GOLD"] + url)
        _ = try RecordCommand.parse(["--venue", "acme-exchange", "--symbol", "GOLD", "--redundancy", "2"] + url)
        #expect(Self.refusal(["--venue", "acme"] + url).contains("acme needs at least one --symbol"))
        #expect(
            Self.refusal(["--venue", "acme", "--symbol", "GOLD", "--margin"] + url)
                .contains("--margin is for mt4; for acme, use --symbol")
        )
    }

    private static func refusal(_ arguments: [String]) -> String {
        do {
            _ = try RecordCommand.parse(arguments)
            return ""
        } catch {
            return RecordCommand.message(for: error)
        }
    }

    @Test("its options are keys of a configuration file")
    func configuration() throws {
        _ = AcmeBench.venue
        func read(_ lines: String) throws -> RecorderConfiguration {
            let text = "archive = \"t\"\n[[feed]]\nname = \"a\"\nvenue = \"acme\"\nurl = \"ws://h/acme\"\n" + lines
            let document = try ConfigurationDocument(text: text, origin: "f.toml")
            return try RecorderConfiguration(document, flags: [:], environment: [:])
        }
        var plan = FeedPlan(name: "a", venue: AcmeBench.venue, url: "ws://h/acme")
        plan.options.set(AcmeVenue.symbols, ["GOLD"])
        let configuration = try read("symbols = [\"GOLD\"]")
        #expect(configuration.feeds == [plan])
        let printed = EffectiveConfiguration(configuration: configuration).lines
        #expect(printed.contains(#"symbols = ["GOLD"]  # file"#))
        let error = #expect(throws: ConfigurationError.self) { try read("") }
        #expect(error?.lines == ["f.toml: line 4: the venue \"acme\" needs 'symbols'"])
    }
}
