import Foundation
import Testing

/// What clients of `replay` get, on each of its paths.
@Suite(.fewAtOnce, .timeLimit(.minutes(5)))
struct ReplayTests {
    private let bench: Workbench
    private static let everything = "/stream?streams=btcusdt@trade/btcusdt@bookTicker/btcusdt@depth@100ms"

    init() throws { bench = try Workbench() }

    // MARK: The venue's own paths

    @Test("a combined stream has the recorded payloads, a raw stream the data inside, of one stream only")
    func binancePaths() async throws {
        let messages = try Excerpt.messages()
        let url = try await replay(try await bench.importExcerpt(), "--speed", "max")
        #expect(try await bench.listen(url + Self.everything) == messages.map(\.payload))
        // The snapshot names no stream, so it goes to every client.
        for stream in ["btcusdt@trade", "btcusdt@bookTicker"] {
            let wanted = messages.filter { $0.stream == stream || $0.stream == nil }
            #expect(wanted.count > 10)
            #expect(try await bench.listen("\(url)/ws/\(stream)") == wanted.map(\.data))
            #expect(try await bench.listen("\(url)/stream?streams=\(stream)") == wanted.map(\.payload))
        }
    }

    @Test("subscriptions are acknowledged, and take effect")
    func subscriptions() async throws {
        let url = try await replay(try await bench.importExcerpt(), "--speed", "max")
        let client = try bench.start(["probe", url + "/stream"], keepsInput: true)
        for call in [
            #"{"method":"SUBSCRIBE","params":["btcusdt@trade","btcusdt@bookTicker"],"id":1}"#,
            #"{"method":"UNSUBSCRIBE","params":["btcusdt@bookTicker"],"id":2}"#,
            #"{"method":"LIST_SUBSCRIPTIONS","id":"list"}"#, #"{"method":"NONSENSE","id":4}"#,
        ] {
            try client.write(line: call)
        }
        let lines = try await client.finish().lines
        let answers = [
            #"{"result":null,"id":1}"#, #"{"result":null,"id":2}"#, #"{"result":["btcusdt@trade"],"id":"list"}"#,
        ]
        #expect(lines.filter(answers.contains) == answers)
        #expect(lines.contains { $0.contains("unknown variant") && $0.contains(#""id":4"#) }, "\(lines.prefix(5))")
        // The tape starts after the client has been quiet for a moment: after all of this, or, on a busy machine,
        // during it.
        let unsubscribed = try #require(lines.firstIndex(of: answers[1]))
        #expect(!lines[unsubscribed...].contains { $0.contains(#""stream":"btcusdt@bookTicker""#) })
        let trades = try Excerpt.messages().filter { $0.stream == "btcusdt@trade" }.map(\.payload)
        #expect(lines.filter { $0.contains(#""stream":"btcusdt@trade""#) } == trades)
    }

    @Test("--from and --to cut the tape, --symbols selects from it")
    func selection() async throws {
        let messages = try Excerpt.messages()
        let archive = try await bench.importExcerpt()
        // The first is included, the last is not.
        let (from, to) = (messages[20].tsRecv, messages[60].tsRecv)
        let wanted = messages.filter { $0.tsRecv >= from && $0.tsRecv < to }
        let cut = try await replay(archive, "--speed", "max", "--from", "\(from)", "--to", "\(to)")
        #expect(try await bench.listen(cut + Self.everything) == wanted.map(\.payload))

        let day = try await replay(archive, "--speed", "max", "--from", "2024-08-09", "--to", "2024-08-10T00:00:00Z")
        #expect(try await bench.listen(day + Self.everything).isEmpty)

        let own = try await replay(archive, "--speed", "max", "--symbols", "btcusdt")
        #expect(try await bench.listen(own + Self.everything) == messages.map(\.payload))
    }

    // MARK: Normalised

    @Test("/replay sends the ticks in order and a correct summary, the same at every speed")
    func normalised() async throws {
        let url = try await replay(try await bench.importExcerpt())
        let lines = try await bench.listen(url + "/replay?speed=max")
        let summary = try Summary(lines)
        #expect(summary == Summary(type: "summary", quotes: 62, trades: 13, gaps: 0, sha256: summary.sha256))
        let events = try lines.dropLast().map { try JSONDecoder().decode(Event.self, from: Data($0.utf8)) }
        #expect(events.count == 75 && events.allSatisfy { $0.symbol == "BTCUSDT" })
        #expect(
            zip(events, events.dropFirst()).allSatisfy { ($0.tsRecv, $0.messageIndex) < ($1.tsRecv, $1.messageIndex) }
        )
        #expect(lines[0].contains(#""bid_price":61837.63000000,"bid_size":3.78826000"#), "\(lines[0])")

        let file = try bench.write(lines.dropLast().map { $0 + "\n" }.joined(), to: "lines")
        #expect(try await bench.tool("sha256sum", [file]).hasPrefix(summary.sha256))
        for speed in ["1", "10"] {
            #expect(try await bench.listen("\(url)/replay?speed=\(speed)") == lines)
        }
    }

    @Test("the query of /replay selects symbols and times")
    func normalisedSelection() async throws {
        let (hub, tape) = (
            try await bench.serve(
                ["simulate", "--venue", "mt4", "--rate", "max", "--count", "2000", "--symbols", "EURUSD,USDJPY,XAUUSD"]
            ), bench.path("tape")
        )
        try await bench.succeed(MT4.record(hub.url, into: tape) + ["--once"])
        let url = try await replay(tape, "--symbols", "EURUSD,USDJPY", "--speed", "max")
        func count(_ condition: String) async throws -> Int {
            Int(try await bench.query(tape, "select count(*) from quotes where \(condition)")[0]) ?? -1
        }
        let both = try Summary(try await bench.listen(url + "/replay"))
        #expect(try await both.quotes == count("symbol in ('EURUSD', 'USDJPY')"))
        // The query can only narrow what the server offers.
        let one = try Summary(try await bench.listen(url + "/replay?symbols=EURUSD,XAUUSD"))
        #expect(try await one.quotes == count("symbol = 'EURUSD'") && one.quotes > 100)

        let time = try await bench.query(tape, "select ts_recv from quotes order by 1 limit 1 offset 1000")[0]
        let late = try Summary(try await bench.listen(url + "/replay?symbols=EURUSD&from=\(time)"))
        #expect(try await late.quotes == count("symbol = 'EURUSD' and ts_recv >= \(time)"))
        let early = try Summary(try await bench.listen(url + "/replay?symbols=EURUSD&to=\(time)"))
        #expect(early.quotes + late.quotes == one.quotes)

        let wrong = try await bench.run(["probe", url + "/replay?speed=fast"])
        expectFailure(wrong, naming: "400 Bad Request")
        expectFailure(try await bench.run(["probe", url + "/nowhere"]), naming: "404 Not Found")
    }

    // MARK: Pace

    @Test("at speed 10 a tape takes a tenth of its time")
    func pace() async throws {
        let lines = (0..<21).map { index in
            "\(1_723_161_253_000_000_000 + index * 500_000_000) "
                + #"{"stream":"btcusdt@trade","data":{"number":\#(index)}}"#
        }
        let file = try bench.write(lines.joined(separator: "\n") + "\n", to: "slow.txt")
        let (imported, recorded) = (bench.path("imported"), bench.path("recorded"))
        try await bench.succeed([
            "import", "messages", file, "--venue", "binance-spot", "--archive", imported, "--force",
        ])
        let url = try await replay(imported, "--speed", "10")
        try await bench.succeed(
            ["record", "--venue", "binance-spot", "--url", url, "--stream", "btcusdt@trade", "--archive", recorded]
                + ["--once"]
        )
        let times = try await bench.export(recorded).compactMap(\.tsRecv)
        try #require(times.count == 21)
        // 10 s of tape. A busy machine makes it longer, but never shorter than the deadlines allow.
        #expect(times[20] - times[0] > 900_000_000)
        #expect(times[20] - times[0] < 8_000_000_000)
    }

    private func replay(_ archive: String, _ flags: String...) async throws -> String {
        try await bench.serve(["replay", archive] + flags).url
    }
}

extension Workbench {
    /// All messages that a server sends to a silent client, until its normal close.
    fileprivate func listen(_ url: String) async throws -> [String] {
        let finished = try await start(["probe", url], keepsInput: true).finish()
        try #require(finished.status == 0 && finished.errors.contains("closed with 1000"), "\(finished.errors)")
        return finished.lines
    }
}

/// The last message of a normalised replay.
private struct Summary: Decodable, Equatable {
    var type: String
    var quotes: Int
    var trades: Int
    var gaps: Int
    var sha256: String
}

extension Summary {
    init(_ lines: [String]) throws {
        self = try JSONDecoder().decode(Summary.self, from: Data(try #require(lines.last).utf8))
    }
}

/// The members that every tick of a normalised replay has.
private struct Event: Decodable {
    var symbol: String
    var tsRecv: Int64
    var messageIndex: Int

    enum CodingKeys: String, CodingKey {
        case symbol
        case tsRecv = "ts_recv"
        case messageIndex = "message_index"
    }
}
