import Foundation
import Testing

/// The command line's help and usage errors.
@Suite(.fewAtOnce, .timeLimit(.minutes(5)))
struct HelpTests {
    private let bench: Workbench

    init() throws { bench = try Workbench() }

    @Test(
        "every verb has help with an example",
        arguments: [
            "record", "replay", "sql", "info", "book", "verify", "rebuild", "compact", "prune", "import messages",
            "export messages", "simulate", "probe", "bench ingest",
        ]
    )
    func help(verb: String) async throws {
        let words = verb.split(separator: " ").map(String.init)
        let finished = try await bench.succeed(words + ["--help"])
        #expect(finished.errors.isEmpty)
        #expect(finished.lines.contains { $0.hasPrefix("  feedrec \(verb) ") }, "no example in \(finished.output)")
        #expect(finished.lines.contains { $0.hasPrefix("USAGE: feedrec \(verb)") })
        expectWholeExamples(finished)
    }

    @Test("docs/COMMANDS.md has the help of every verb")
    func commands() async throws {
        let root = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let script = root.appendingPathComponent("Tests/commands.sh")
        let printed = try await bench.start(script, [Executable.feedrec.path]).finish()
        let stored = try String(contentsOf: root.appendingPathComponent("docs/COMMANDS.md"), encoding: .utf8)
        #expect(printed.output == stored, "run 'make commands'")
    }

    @Test("the options of record are in groups")
    func groups() async throws {
        let lines = try await bench.succeed(["record", "--help"]).lines
        let titles = lines.filter { $0.hasSuffix(":") && !$0.hasPrefix(" ") }
        #expect(
            titles == [
                "FEED:", "MT4 HUB (--VENUE MT4):", "OPTIONS OF KRAKEN (--VENUE KRAKEN):",
                "OPTIONS OF ANY OTHER JSON FEED (--VENUE JSON):", "CONNECTION:", "ACCESS:", "OPTIONS:",
            ]
        )
    }

    @Test("the overview has the verbs, the exit statuses and the version")
    func overview() async throws {
        let help = try await bench.succeed(["--help"])
        for verb in ["record", "replay", "sql", "info", "verify", "import", "export", "simulate", "probe"] {
            #expect(help.lines.contains { $0.hasPrefix("  \(verb) ") }, "\(verb)")
        }
        expectWholeExamples(help)
        #expect(help.output.contains("Exit status: 0 done, 1 failed, 3 finished with data missing, 64 usage"))
        #expect(try await bench.succeed(["--version"]).output.contains("."))
    }

    @Test("a reader that closes the pipe is not a failure")
    func brokenPipe() async throws {
        let lines = (0..<20_000).map {
            "\(1_723_161_253_000_000_000 + $0) {\"text\":\"\(String(repeating: "x", count: 90))\"}\n"
        }
        let file = try bench.write(lines.joined(), to: "many.txt")
        let archive = bench.path("tape")
        try await bench.succeed([
            "import", "messages", file, "--venue", "binance-spot", "--archive", archive, "--force",
        ])
        let script = "{ '\(Executable.feedrec.path)' export messages '\(archive)'; echo $? >&2; } | head -n 1"
        let shell = try #require(Executable.find("sh"))
        let finished = try await bench.start(shell, ["-c", script]).finish()
        #expect(finished.lines.count == 1)
        #expect(finished.errors == "0\n")
    }

    /// Expects that no example was so long that it was broken in a place where a shell would not understand it.
    private func expectWholeExamples(_ help: Finished) {
        let lines = help.output.split(separator: "\n", omittingEmptySubsequences: false)
            .prefix { !$0.hasPrefix("USAGE") }
        for (line, next) in zip(lines, lines.dropFirst()) where line.hasPrefix("  ") {
            #expect(next.isEmpty || next.hasPrefix("  "), "\(line) | \(next)")
        }
    }

    /// The options of every `record` of this venue.
    private static let binance = ["record", "--venue", "binance-spot", "--archive", "tape"]

    @Test(
        "a usage mistake ends with status 64 and a line that names it",
        arguments: [
            (["nonsense"], "nonsense"),
            (["record"], "--venue"),
            (["record", "--venue", "nyse", "--url", "ws://localhost", "--archive", "tape"], "nyse"),
            (binance + ["--url", "ws://127.0.0.1:1"], "--stream"),
            (binance + ["--url", "http://127.0.0.1:1", "--stream", "btcusdt@trade"], "ws://"),
            (binance + ["--url", "ws://127.0.0.1:1", "--stream", "btcusdt@trade", "--count", "0"], "--count"),
            (binance + ["--url", "ws://127.0.0.1:1", "--stream", "btcusdt@trade", "--duration", "soon"], "soon"),
            (binance + ["--url", "ws://127.0.0.1:1", "--stream", "btcusdt@trade", "--bars", "0s"], "0s"),
            (["record", "--venue", "mt4", "--url", "ws://127.0.0.1:1", "--archive", "tape"], "--trade-platform"),
            (["import", "messages", "--venue", "mt4", "--archive", "tape"], "<files>"),
            (["export", "messages", "tape", "--direction", "sideways"], "sideways"),
            (["sql", "tape"], "<sql>"),
            (["sql", "tape", "select 1", "--format", "xml"], "xml"),
            (["replay", "tape", "--listen", "here"], "here"),
            (["replay", "tape", "--listen", "127.0.0.1:0", "--speed", "0"], "0"),
            (["replay", "tape", "--listen", "127.0.0.1:0", "--from", "yesterday"], "yesterday"),
            (["simulate", "--venue", "mt4", "--listen", "127.0.0.1:0", "--tls-cert", "a.pem"], "--tls-key"),
            (["simulate", "--venue", "mt4", "--listen", "127.0.0.1:0", "--rate=-1"], "-1"),
            (["probe"], "<url>"),
            (["prune", "tape"], "--raw"),
            (["prune", "tape", "--raw", "soon"], "soon"),
            (["compact", "tape", "--level", "23"], "--level"),
            (["verify", "tape", "--require-coverage", "99"], "--require-coverage"),
            (binance + ["--url", "ws://127.0.0.1:1", "--stream", "btcusdt@trades"], "did you mean 'btcusdt@trade'"),
            (
                binance + ["--url", "ws://127.0.0.1:1", "--stream", "btcusdt@trade", "--token-env", "NOT_SET"],
                "NOT_SET"
            ),
        ]
    )
    func usage(arguments: [String], reason: String) async throws {
        let finished = try await bench.run(arguments)
        #expect(finished.status == 64, "\(finished.errors)")
        #expect(finished.output.isEmpty)
        let first = finished.errors.split(separator: "\n").first ?? ""
        #expect(first.contains(reason), "\(first)")
    }

    @Test(
        "E5 a misspelt flag is reported with a suggestion, whatever is missing because of it",
        arguments: [
            (["replay", "tape", "--listn", "127.0.0.1:0"], "'--listn'. Did you mean '--listen'?"),
            (["record", "--venu", "mt4", "--url=ws://127.0.0.1:1"], "'--venu'. Did you mean '--venue'?"),
            (["simulate", "--venue", "mt4", "--liste=127.0.0.1:0"], "'--liste'. Did you mean '--listen'?"),
            (["export", "messages", "--archiv", "tape"], "'--archiv'."),
            (["prune", "tape", "--rw", "30d"], "'--rw'. Did you mean '--raw'?"),
        ]
    )
    func misspeltFlag(arguments: [String], hint: String) async throws {
        let finished = try await bench.run(arguments)
        #expect(finished.status == 64)
        let first = finished.errors.split(separator: "\n").first ?? ""
        #expect(first.contains("Unknown option \(hint)"), "\(first)")
    }

    @Test("E5 the help of each verb gives the defaults of that verb, once")
    func defaults() async throws {
        /// The help of a flag, with its lines joined.
        func help(_ verb: String, _ flag: String) async throws -> String {
            let lines = try await bench.succeed([verb, "--help"]).lines
            let start = try #require(lines.firstIndex { $0.hasPrefix("  \(flag) ") })
            let end = lines[(start + 1)...].firstIndex { !$0.hasPrefix("   ") } ?? lines.endIndex
            return lines[start..<end].map { $0.trimmingCharacters(in: .whitespaces) }.joined(separator: " ")
        }
        for (verb, ping, close) in [
            ("record", "20s", "5s"), ("probe", "off", "5s"), ("simulate", "off", "5s"), ("replay", "20s", "1m"),
        ] {
            #expect(try await help(verb, "--ping-interval").hasSuffix("(default: \(ping))"))
            #expect(try await help(verb, "--close-timeout").hasSuffix("(default: \(close))"))
        }
        for verb in ["record", "probe", "simulate", "replay", "verify", "info", "compact", "prune"] {
            let text = try await bench.succeed([verb, "--help"]).lines
                .map { $0.trimmingCharacters(in: .whitespaces) }.joined(separator: " ")
            #expect(text.firstMatch(of: /\(default: [^)]*\) \(default:/) == nil, "\(verb)")
        }
    }

    @Test("E7 a missing token ends with status 64, on which systemd does not restart, and names the place in the file")
    func unsetToken() async throws {
        let text = """
            archive = "\(bench.path("tape"))"
            [[feed]]
            name = "hub"
            venue = "mt4"
            url = "wss://localhost:1/hubs/mt4/v1"
            trade_platform = "demo"
            symbols = ["EURUSD"]
            token = { env = "FEEDREC_TEST_NOT_SET" }

            """
        let file = try bench.write(text, to: "feedrec.toml")
        for arguments in [["record", "--config", file], ["record", "--config", file, "--check"]] {
            let finished = try await bench.run(arguments)
            #expect(finished.status == 64)
            #expect(
                finished.errorLines == [
                    "feedrec: error: \(file): line 8: 'token' of feed 'hub': the environment variable "
                        + "'FEEDREC_TEST_NOT_SET' is not set"
                ]
            )
        }
        #expect(!FileManager.default.fileExists(atPath: bench.path("tape")))
    }

    @Test("E2 --check reports what the environment overrides, and prints the settings in effect")
    func check() async throws {
        let text = """
            archive = "/var/lib/feedrec"
            [[feed]]
            name = "spot"
            venue = "binance-spot"
            url = "wss://localhost:1"
            streams = ["BTCUSDT@trade"]

            """
        let file = try bench.write(text, to: "feedrec.toml")
        let finished = try await bench.run(
            ["record", "--config", file, "--check"],
            environment: ["FEEDREC_ARCHIVE": bench.path("other")]
        )
        #expect(finished.status == 0)
        #expect(finished.output.contains("archive = \"\(bench.path("other"))\"  # environment"))
        #expect(finished.errors.contains("warning: FEEDREC_ARCHIVE overrides 'archive' in the file"))
        #expect(finished.errors.contains("warning: the stream 'BTCUSDT@trade' is written 'btcusdt@trade'"))
    }
}
