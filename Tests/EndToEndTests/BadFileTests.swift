import Foundation
import Testing

/// Files that are missing, not ours, too new, or damaged, and SQL that is wrong.
@Suite(.fewAtOnce, .timeLimit(.minutes(5)))
struct BadFileTests {
    private let bench: Workbench

    init() throws { bench = try Workbench() }

    /// The verbs that read an archive.
    private static func readers(of archive: String) -> [[String]] {
        [
            ["info", archive], ["verify", archive], ["sql", archive, "select 1"], ["export", "messages", archive],
            ["replay", archive, "--listen", "127.0.0.1:0"],
        ]
    }

    @Test("files that are not recordings are refused by every verb, and not changed")
    func notARecording() async throws {
        let text = try bench.write(
            "not a database, but long enough to have a header: \(UUID().uuidString)\n",
            to: "a.txt"
        )
        let others = bench.path("others.sqlite")
        _ = try await bench.tool("sqlite3", [others, "create table quote (bid real); insert into quote values (1)"])
        for file in [text, others] {
            let before = try contents(file)
            for arguments in Self.readers(of: file) {
                expectFailure(try await bench.run(arguments), naming: "'\(file)'", "not a recording")
            }
            #expect(try contents(file) == before)
        }
        for missing in [bench.path("missing"), bench.path("missing.feedrec")] {
            for arguments in Self.readers(of: missing) {
                expectFailure(try await bench.run(arguments), naming: "'\(missing)'")
            }
        }
        let empty = bench.path("scratch")
        expectFailure(try await bench.run(["info", empty]), naming: "no recordings", empty)
    }

    @Test("a recording of a newer schema is refused by every verb, and not changed")
    func newerSchema() async throws {
        let archive = try await bench.importExcerpt()
        let file = "\(archive)/2024-08-08.feedrec"
        _ = try await bench.tool("sqlite3", [file, "pragma user_version = 99"])
        // `record` would continue today's file.
        let today = "\(archive)/\(try await bench.tool("date", ["-u", "+%F"]).prefix(10)).feedrec"
        try FileManager.default.copyItem(atPath: file, toPath: today)
        let (before, beforeToday) = (try contents(file), try contents(today))

        let hub = try await bench.serve(["simulate", "--venue", "mt4"])
        let recording = MT4.record(hub.url, into: archive) + ["--count", "1"]
        let importing = ["import", "messages", Excerpt.file, "--venue", "binance-spot", "--archive", archive]
        for arguments in Self.readers(of: archive) + Self.readers(of: file) {
            expectFailure(try await bench.run(arguments), naming: "newer feedrec", "schema 99")
        }
        // They start their own file. An import cannot tell whether the newer file has its messages.
        expectFailure(try await bench.run(importing), naming: "cannot tell which messages are new", "newer feedrec")
        for arguments in [recording, importing + ["--force"]] { try await bench.succeed(arguments) }
        #expect(try contents(file) == before)
        #expect(try contents(today) == beforeToday)
    }

    @Test(
        "wrong SQL is reported on one line",
        arguments: [
            ("selec 1", "near \"selec\""), ("select * from nope", "no such table: nope"),
            ("select nope from quotes", "no such column: nope"), ("select 1; select (", "incomplete"),
            ("delete from quote", "read-only"), ("select 'open", "unrecognized token"),
        ]
    )
    func badSQL(sql: String, reason: String) async throws {
        let archive = try await bench.importExcerpt()
        let file = "\(archive)/2024-08-08.feedrec"
        let before = try contents(file)
        expectFailure(try await bench.run(["sql", archive, sql]), naming: reason)
        #expect(try contents(file) == before)
    }

    @Test("verify finds a damaged block, and reading verbs report it")
    func damagedBlock() async throws {
        let archive = try await bench.importExcerpt()
        let file = "\(archive)/2024-08-08.feedrec"
        let damage = "update message_block set block = cast(substr(block, 1, 60) || x'00' || substr(block, 62) as blob)"
        _ = try await bench.tool("sqlite3", [file, damage])

        let verified = try await bench.run(["verify", archive])
        // The block is the only problem: rows of its messages still refer to them, and the counts are right.
        expectFailure(verified, naming: "'\(archive)' has 1 problem")
        #expect(verified.output.hasPrefix("problem: '\(file)', block from message 0: "))
        expectFailure(try await bench.run(["export", "messages", archive]), naming: file)
        // Rows and bars do not need the block.
        #expect(try await bench.query(archive, "select count(*) from quotes") == ["62"])

        let repaired = try await bench.run(["verify", archive, "--repair"])
        #expect(repaired.status == 3)
        #expect(repaired.lines.contains("gone: 80 messages in total"))
        let again = try await bench.verify(archive)
        #expect(again.quotes == 62 && again.messagesReceived == 0)
    }

    @Test("an import that cannot be read to its end reports where it stopped, and keeps the messages before")
    func badImports() async throws {
        let archive = try await bench.importExcerpt()
        let before = try await bench.verify(archive)
        let compressed = try #require(Executable.find("gzip")).path
        try FileManager.default.copyItem(atPath: Excerpt.file, toPath: bench.path("cut.txt"))
        _ = try await bench.tool(compressed.split(separator: "/").last.map(String.init) ?? "", [bench.path("cut.txt")])
        try contents(bench.path("cut.txt.gz")).dropLast(100).write(to: URL(fileURLWithPath: bench.path("cut.txt.gz")))

        let line = try #require(String(decoding: contents(Excerpt.file), as: UTF8.self).split(separator: "\n").first)
        let cases = [
            (bench.path("missing.txt"), "missing.txt"),
            (try bench.write("", to: "empty.txt"), "no messages"),
            (try bench.write("hello\nworld\n", to: "prose.txt"), "prose.txt"),
            (try bench.write("\(line)\nbroken\n", to: "broken.txt"), "line 2 of '"),
            (bench.path("cut.txt.gz"), "cut.txt.gz"),
        ]
        for (index, (file, reason)) in cases.enumerated() {
            let target = bench.path("import-\(index)")
            expectFailure(try await bench.run(importing(file, into: target)), naming: reason)
        }
        #expect(try await bench.verify(bench.path("import-3")).messagesReceived == 1)
        // Into an archive that already has data.
        expectFailure(try await bench.run(importing(cases[0].0, into: archive)), naming: "missing.txt")
        #expect(try await bench.verify(archive).payloadSHA256 == before.payloadSHA256)

        let skipping = try await bench.run(importing(cases[3].0, into: bench.path("skipping")) + ["--skip-malformed"])
        #expect(skipping.status == 3 && skipping.errorLines.isEmpty)
        #expect(skipping.errors.contains("data is missing: 1 malformed line"))
    }

    private func importing(_ file: String, into archive: String) -> [String] {
        ["import", "messages", file, "--venue", "binance-spot", "--archive", archive]
    }

    private func contents(_ path: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: path)) }
}
