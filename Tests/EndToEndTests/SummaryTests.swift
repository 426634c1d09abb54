import Foundation
import Testing

/// The output of `info` and `verify` for many files, and for names with control characters.
@Suite(.fewAtOnce, .timeLimit(.minutes(5)))
struct SummaryTests {
    private let bench: Workbench

    init() throws { bench = try Workbench() }

    /// An archive of `count` recordings of one day each, with 10 messages a day.
    private func archive(_ count: Int) async throws -> String {
        let archive = bench.path("tape")
        for day in 0..<count {
            let start = 1_767_571_200_000_000_000 + Int64(day) * 86_400_000_000_000
            let lines = (0..<10 as Range<Int64>).map { index in
                let time = start + index * 1_000_000_000
                let event = time / 1_000_000
                return """
                    \(time) {"stream":"btcusdt@trade","data":{"e":"trade","E":\(event),"s":"BTCUSDT","t":\(index + 1),\
                    "p":"100.5","q":"2","T":\(event),"m":false,"M":true}}
                    """
            }
            let file = try bench.write(lines.joined(separator: "\n") + "\n", to: "day.txt")
            try await bench.succeed(["import", "messages", file, "--venue", "binance-spot", "--archive", archive])
        }
        return archive
    }

    @Test("E4 info and verify print one line per file and a total; -v shows the rest")
    func manyFiles() async throws {
        let archive = try await archive(5)
        let info = try await bench.succeed(["info", archive])
        #expect(info.lines.count == 6, "\(info.output)")
        #expect(info.lines.first?.hasPrefix("\(archive)/2026-01-05.feedrec: 2026-01-05T00:00:00") == true)
        #expect(info.lines.last?.hasPrefix("5 recordings: 2026-01-05T00:00:00.000000000Z to 2026-01-09T") == true)
        #expect(info.lines.last?.contains("50 messages, 50 trades, 1 instrument") == true, "\(info.output)")
        let verify = try await bench.succeed(["verify", archive])
        #expect(verify.lines.count == 7, "\(verify.output)")
        #expect(verify.lines[5].hasPrefix("5 recordings: sound; 50 messages received"), "\(verify.output)")
        for verb in ["info", "verify"] {
            let detailed = try await bench.succeed([verb, archive, "-v"])
            #expect(detailed.lines.count { $0.hasPrefix("  coverage ") } == 5, "\(detailed.output)")
        }
    }

    @Test("kind 12 a single thing of a kind is written in the singular")
    func singular() async throws {
        let line =
            #"1767571200000000000 {"e":"trade","E":1767571200000,"s":"BTCUSDT","t":1,"p":"1","q":"2","#
            + #""T":1767571200000,"m":false,"M":true}"#
        let file = try bench.write(line + "\n", to: "one.txt")
        let archive = bench.path("tape")
        let arguments = ["import", "messages", file, "--venue", "binance-spot", "--archive", archive]
        let texts = [
            try await bench.succeed(arguments).errors, try await bench.succeed(arguments).errors,
            try await bench.succeed(["info", archive]).output, try await bench.succeed(["verify", archive]).output,
        ]
        #expect(texts[0].contains("1 message received, 1 trade, "), "\(texts[0])")
        #expect(texts[1].contains("1 message was already in the archive"), "\(texts[1])")
        #expect(texts[2].contains("in 1 block of") && texts[2].contains("0 quotes, 1 trade, "), "\(texts[2])")
        #expect(texts[3].contains("1 message received, 0 sent, in 1 block; 0 quotes, 1 trade, "), "\(texts[3])")
        for text in texts { #expect(!text.contains(" 1 messages") && !text.contains(" 1 blocks")) }
    }

    @Test("kind 12 a feed is one line, however many sessions have it")
    func feedLine() async throws {
        let archive = bench.path("tape")
        for index in 1...3 {
            let trade =
                #"{"e":"trade","E":1767571200000,"s":"BTCUSDT","t":\#(index),"p":"1","q":"2","T":1767571200000,"m":false}"#
            let file = try bench.write("\(1_767_571_200_000_000_000 + index) \(trade)\n", to: "same.txt")
            try await bench.succeed(["import", "messages", file, "--venue", "binance-spot", "--archive", archive])
        }
        let lines = try await bench.succeed(["info", archive]).lines
        #expect(lines.filter { $0.hasPrefix("  feed ") } == ["  feed         same.txt (binance-spot), started 3 times"])
    }

    @Test("E4 one recording shows everything without -v, and JSON has all of each")
    func details() async throws {
        let archive = try await archive(1)
        for verb in ["info", "verify"] {
            #expect(try await bench.succeed([verb, archive]).lines.contains { $0.hasPrefix("  coverage ") })
        }
        let json = try await bench.succeed(["info", archive, "--json"]).output
        let objects = try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [[String: Any]])
        #expect(objects.count == 1 && objects[0]["coverage"] != nil && objects[0]["sessions"] != nil)
    }

    @Test("E1 a symbol with control characters is escaped by info, verify and tables, and exact in CSV and JSON")
    func hostileSymbol() async throws {
        let archive = try await archive(1)
        let shown = #"A\u001b[2J\u0007\n\u202eB"#
        let exact = "A\u{1B}[2J\u{7}\n\u{202E}B"
        let codes = exact.unicodeScalars.map { String($0.value) }.joined(separator: ",")
        let rename = "update instrument set symbol = char(\(codes))"
        try await bench.succeed(["sql", "\(archive)/2026-01-05.feedrec", rename, "--write"])
        let query = "select distinct symbol from trades"
        for arguments in [["info", archive], ["verify", archive], ["sql", archive, query, "--format", "table"]] {
            let finished = try await bench.succeed(arguments)
            #expect(finished.output.contains(shown), "\(arguments)")
            let isHarmless = finished.output.unicodeScalars.allSatisfy {
                $0 == "\n" || (0x20...0x7E).contains($0.value)
            }
            #expect(isHarmless, "\(arguments)")
        }
        #expect(try await bench.succeed(["sql", archive, query, "--format", "csv"]).output == "symbol\n\"\(exact)\"\n")
        let json = try await bench.succeed(["sql", archive, query, "--format", "ndjson"]).output
        #expect(try JSONDecoder().decode([String: String].self, from: Data(json.utf8)) == ["symbol": exact])
        let failed = try await bench.run(["sql", archive, "select \"\(exact)\" from trades"])
        #expect(failed.status == 1 && !failed.errors.contains("\u{1B}") && !failed.errors.contains("\u{202E}"))
    }
}
