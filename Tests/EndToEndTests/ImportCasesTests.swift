import Foundation
import Testing

/// Realistic files, imported by the program.
@Suite(.fewAtOnce, .timeLimit(.minutes(5)))
struct ImportCasesTests {
    private let bench: Workbench

    init() throws { bench = try Workbench() }

    /// 2026-01-05T00:00:00Z.
    private static let start: Int64 = 1_767_571_200_000_000_000

    private func trade(_ second: Int64, id: Int, time: Int64? = nil) -> String {
        let ts = Self.start + second * 1_000_000_000
        let time = time ?? ts / 1_000_000
        return #"\#(ts) {"stream":"btcusdt@trade","data":{"e":"trade","E":\#(time),"s":"BTCUSDT","t":\#(id),"#
            + #""p":"1.00","q":"2.00","T":\#(time),"m":false,"M":true}}"# + "\n"
    }

    private func importing(
        _ text: String,
        as name: String = "a.txt",
        venue: String = "binance-spot",
        _ options: [String] = []
    ) async throws -> Finished {
        let file = try bench.write(text, to: name)
        return try await bench.run(
            ["import", "messages", file, "--venue", venue, "--archive", bench.path("tape"), "--json"] + options
        )
    }

    private func query(_ sql: String) async throws -> [String] { try await bench.query(bench.path("tape"), sql) }

    @Test(
        "A6 a capture imported twice, and in overlapping parts, has each tick once",
        .enabled(if: Shared.folder != nil, Shared.reason)
    )
    func capture() async throws {
        let path = Shared.path("data/captures/binance-spot/btcusdt-20240808-head1200.txt")
        let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
        let parts = [lines[700..<1200], lines[0..<800], lines[0..<1200]].map { $0.joined(separator: "\n") + "\n" }
        for (index, known) in [0, 100, 1200].enumerated() {
            let finished = try await importing(parts[index], as: "part\(index).txt")
            #expect(finished.status == 0, "\(finished.errors)")
            #expect(finished.output.contains("\"already_stored\":\(known),"))
        }
        #expect(try await query("select count(*) from messages") == ["1200"])
        let verified = try await bench.verify(bench.path("tape"))
        #expect(verified.messagesReceived == 1200 && verified.oddities == 0)
        #expect(try await query("select count(*) = count(distinct trade_id) from trades") == ["1"])
    }

    @Test("B6 an import with missing sequence numbers reports that data is missing")
    func hole() async throws {
        let finished = try await importing(trade(0, id: 11) + trade(1, id: 12) + trade(2, id: 500))
        #expect(finished.status == 3)
        #expect(finished.errors.contains("data is missing: 1 gap"))
        #expect(try await query("select sequence_from, sequence_to from gaps") == ["13,499"])
    }

    @Test("B7 times in microseconds are recognised, and an impossible time makes no bar")
    func microseconds() async throws {
        let micros = Self.start / 1000 + 500_000
        let text = trade(0, id: 1, time: micros) + trade(61, id: 2, time: 4_072_000_000_000)
        #expect(try await importing(text).status == 0)
        let bars = "select time_open, time_source from bars where interval = '1m' order by 1"
        #expect(
            try await query(bars) == [
                "2026-01-05T00:00:00.000000000Z,event", "2026-01-05T00:01:00.000000000Z,recv",
            ]
        )
        let times = "select coalesce(ts_event, 0) from trades order by trade_id"
        #expect(try await query(times) == ["\(micros * 1000)", "0"])
        #expect(try await query("select kind from events where is_oddity") == ["wrong_time"])
    }

    @Test("B8 receive times in another unit are refused with a hint, which works")
    func unit() async throws {
        let text = trade(0, id: 1)
        for (digits, unit, name) in [(10, "s", "seconds"), (13, "ms", "milliseconds"), (16, "us", "microseconds")] {
            let short = text.prefix(digits) + text.dropFirst(19)
            let refused = try await importing(String(short))
            #expect(refused.status == 1 && refused.errors.contains("looks like \(name), not nanoseconds (line 1 of"))
            #expect(refused.errors.contains("give '--time-unit \(unit)'"))
            #expect(!FileManager.default.fileExists(atPath: bench.path("tape")))
            #expect(try await importing(String(short), ["--time-unit", unit]).status == 0)
            #expect(try await query("select ts_recv from trades") == ["\(Self.start)"])
            try FileManager.default.removeItem(atPath: bench.path("tape"))
        }
    }

    @Test("B11 a broker on New York close time has a zone; a wrong zone gets a warning")
    func newYorkClose() async throws {
        let record =
            #"{"type":1,"target":"OnTick","arguments":[{"tradePlatform":"P","tick":{"symbol":"EURUSD","bid":1.10,"#
            + #""ask":1.11,"lastTime":"2026-03-16T15:00:00"}}]}"# + "\u{1E}\n"
        let text = "1773662400000000000 " + record
        let right = try await importing(text, venue: "mt4", ["--broker-time-zone", "America/New_York+7h"])
        #expect(right.status == 0 && !right.errors.contains("warning"))
        #expect(try await query("select ts_event = ts_recv from quotes") == ["1"])
        let rebuilt = try await bench.run(["rebuild", bench.path("tape"), "--check"])
        #expect(rebuilt.status == 0, "the stored name of the zone is understood: \(rebuilt.errors)")
        try FileManager.default.removeItem(atPath: bench.path("tape"))
        let wrong = try await importing(text, venue: "mt4", ["--broker-time-zone", "Europe/Athens"])
        #expect(wrong.errors.contains("warning: the venue's times run 3600 s ahead"))
        #expect(wrong.output.contains("\"ticks_ahead\":1,"))
    }

    @Test("kind 9 an import in which a hub only answered says that no row was stored")
    func onlyAnswers() async throws {
        let records = [#"{}"#, #"{"type":3,"invocationId":"1","result":false}"#, #"{"type":6}"#]
        let lines = records.map { "1773662400000000000 \($0)\u{1E}\n" }
        let finished = try await importing(lines.joined(), venue: "mt4", [])
        #expect(finished.errors.contains("warning: nothing but answers and keep-alives is in 3 messages"))
        #expect(finished.status == 0, "\(finished.errors)")
    }

    @Test("E3 byte order marks, encodings, disorder and truncation are accepted, refused or counted by name")
    func text() async throws {
        let good = trade(0, id: 1) + trade(3, id: 2) + trade(2, id: 3)
        let marked = try await importing("\u{FEFF}" + good)
        #expect(marked.status == 0 && marked.output.contains("\"out_of_order\":1,"))
        #expect(marked.errors.contains("follows a later message, first in line 3; times go back by up to 1.0 s"))

        let wide = bench.path("wide.txt")
        try good.data(using: .utf16LittleEndian)?.write(to: URL(fileURLWithPath: wide))
        let refused = try await bench.run(
            ["import", "messages", wide, "--venue", "binance-spot", "--archive", bench.path("other")]
        )
        #expect(refused.status == 1 && refused.errors.contains("UTF-16LE"))

        let cut = try await importing(good + trade(4, id: 4).dropLast(9), as: "cut.txt")
        #expect(cut.status == 1 && cut.errors.contains("(line 4 of"))
        #expect(try await query("select count(*) from trades") == ["3"])
    }

    @Test("kind 4 a file of another venue is refused, and nothing is stored")
    func otherVenue() async throws {
        let refused = try await importing("\(Self.start) {\"type\":\"ticker\",\"price\":\"1\"}\n")
        #expect(refused.status == 1 && refused.errors.contains("its message is not from 'binance-spot'"))
        #expect(!FileManager.default.fileExists(atPath: bench.path("tape")))
    }

    @Test("kind 4 standard input works like a file")
    func standardInput() async throws {
        let file = try bench.write(trade(0, id: 1) + trade(1, id: 2), to: "a.txt")
        let feedrec = Executable.feedrec.path
        let command =
            "cat '\(file)' | '\(feedrec)' import messages - --venue binance-spot --archive '\(bench.path("tape"))'"
        _ = try await bench.tool("sh", ["-c", command])
        #expect(try await query("select count(*) from trades") == ["2"])
    }

    @Test("kind 4 an import beside a damaged block ends with status 1, and goes on after a repair")
    func damagedBlock() async throws {
        let text = trade(0, id: 1) + trade(1, id: 2)
        #expect(try await importing(text).status == 0)
        let file = try #require(
            try FileManager.default.contentsOfDirectory(atPath: bench.path("tape")).first {
                $0.hasSuffix(".feedrec")
            }
        )
        let path = bench.path("tape") + "/" + file
        _ = try await bench.tool("sqlite3", [path, "update message_block set block = zeroblob(99)"])
        let refused = try await importing(text)
        #expect(refused.status == 1, "\(refused.errors)")
        #expect(refused.errors.contains("cannot read the block from message 0 of '\(path)'"), "\(refused.errors)")
        #expect(refused.errors.contains("hint: run 'feedrec verify --repair \(path)'"), "\(refused.errors)")
        #expect(try await bench.run(["verify", path, "--repair"]).status == 3)
        #expect(try await importing(text).status == 0)
        #expect(try await query("select count(*) from trades") == ["2"])
    }

    @Test("kind 4 an import beside a journal that cannot be read ends with status 1")
    func unreadableJournal() async throws {
        #expect(try await importing(trade(0, id: 1)).status == 0)
        try Data("x".utf8).write(to: URL(fileURLWithPath: bench.path("tape/journal")))
        let refused = try await importing(trade(0, id: 1) + trade(1, id: 2))
        #expect(refused.status == 1 && refused.errors.contains("the journal of '"), "\(refused.errors)")
        #expect(try await importing(trade(1, id: 2), ["--force"]).status == 0)
    }
}
