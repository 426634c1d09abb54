import Foundation
import Testing

/// Files that are named like recordings but are not, next to programs that write to the archive.
@Suite(.fewAtOnce, .timeLimit(.minutes(5)))
struct StrayFileTests {
    private let bench: Workbench

    init() throws { bench = try Workbench() }

    @Test(
        "A8 a recorder reports a file that is not a recording, continues and stays healthy; 'status' reports it too",
        arguments: [Stray.dangling, .empty, .newer]
    )
    func recorder(stray: Stray) async throws {
        let archive = try await bench.importExcerpt()
        let path = "\(archive)/2026-01-04.feedrec"
        try await stray.put(bench, path)
        let before = FileManager.default.contents(atPath: path)
        let (_, url) = try await bench.serve(["simulate", "--venue", "mt4", "--rate", "200"])
        let recorder = try bench.start(MT4.record(url, into: archive) + ["--metrics", "127.0.0.1:0"])
        try await recorder.wait(for: "data") {
            guard recorder.errors.contains("subscribed, recording") else { return false }
            return try await bench.run(["status", archive]).status == 0
        }
        #expect(recorder.errors.contains("feedrec: warning: '\(path)"), "\(recorder.errors)")
        #expect(recorder.errors.contains(stray.reason), "\(recorder.errors)")
        let status = try await bench.run(["status", archive])
        #expect(status.status == 0, "\(status)")
        #expect(status.errors.contains("feedrec: warning: '\(path)") && status.errors.contains(stray.reason))
        let address = try #require(recorder.errors.firstMatch(of: #/http://127\.0\.0\.1:\d+/#)?.output)
        for page in ["healthz", "readyz"] {
            #expect(try await bench.tool("curl", ["-sf", "\(address)/\(page)"]) == "ok\n")
        }
        recorder.terminate()
        let finished = try await recorder.finish()
        #expect(finished.status == 0, "\(finished.errors)")
        #expect(FileManager.default.contents(atPath: path) == before)
        let counted = try await bench.run(["sql", archive, "select count(*) > 0 from quotes", "--format", "csv"])
        #expect(counted.status == 3 && counted.lines.last == "1", "\(counted)")
    }

    @Test(
        "kind 2 a recorder starts another file for the day if it cannot continue the day's file",
        arguments: [Stray.dangling, .empty, .newer]
    )
    func today(stray: Stray) async throws {
        let archive = bench.path("tape")
        try FileManager.default.createDirectory(atPath: archive, withIntermediateDirectories: false)
        let path = "\(archive)/\(Date().formatted(.iso8601.year().month().day())).feedrec"
        try await stray.put(bench, path)
        let before = FileManager.default.contents(atPath: path)
        let (_, url) = try await bench.serve(["simulate", "--venue", "mt4", "--rate", "200"])
        let finished = try await bench.run(MT4.record(url, into: archive) + ["--count", "50"])
        #expect(finished.status == 0 && finished.errors.contains("warning: '\(path)"), "\(finished.errors)")
        #expect(FileManager.default.contents(atPath: path) == before)
        let counted = try await bench.run(["sql", archive, "select count(*) > 0 from quotes", "--format", "csv"])
        #expect(counted.status == 3 && counted.lines.last == "1", "\(counted)")
    }

    @Test(
        "kind 4 an import reports files it cannot read, and refuses if one of them may have its messages",
        arguments: Stray.all
    )
    func importing(stray: Stray) async throws {
        let archive = try await bench.importExcerpt()
        let path = "\(archive)/2026-01-04.feedrec"
        try await stray.put(bench, path)
        let again = ["import", "messages", Excerpt.file, "--venue", "binance-spot", "--archive", archive]
        var finished = try await bench.run(again)
        #expect(finished.errors.contains(stray.reason), "\(finished.errors)")
        if stray.hidesMessages {
            expectFailure(finished, naming: "cannot tell which messages are new", path)
            #expect(finished.errors.contains("--force"), "\(finished.errors)")
            finished = try await bench.run(again + ["--force"])
        }
        #expect(finished.status == 0 && finished.errors.contains("feedrec: warning: '\(path)"), "\(finished.errors)")
        #expect(finished.errors.contains("nothing new"), "\(finished.errors)")
        let counted = try await bench.run(["sql", archive, "select count(*) from messages", "--format", "csv"])
        #expect(counted.lines.last == "80", "\(counted)")
    }

    @Test("kind 4 an import into an archive with only stray files starts a recording")
    func onlyStrays() async throws {
        let archive = bench.path("tape")
        try FileManager.default.createDirectory(atPath: archive, withIntermediateDirectories: false)
        try await Stray.empty.put(bench, "\(archive)/2026-01-04.feedrec")
        try await Stray.dangling.put(bench, "\(archive)/2024-08-08.feedrec")
        _ = try await bench.importExcerpt()
        let counted = try await bench.run(["sql", archive, "select count(*) from messages", "--format", "csv"])
        #expect(counted.status == 3 && counted.lines.last == "80", "\(counted)")
    }

    @Test("kind 2 the index of a write-ahead log without a recording has no data, and is not reported")
    func orphanIndex() async throws {
        let archive = try await bench.importExcerpt()
        let path = "\(archive)/2026-01-04.feedrec-shm"
        try Data(count: 32_768).write(to: URL(fileURLWithPath: path))
        for arguments in [["verify", archive], ["info", archive]] {
            let finished = try await bench.succeed(arguments)
            #expect(!finished.errors.contains("2026-01-04") && !finished.output.contains("2026-01-04"))
        }
    }

    @Test(
        "kind 2 an unreadable file is reported by every verb, and the others are read",
        .enabled(if: OrdinaryUser.isAllowed, OrdinaryUser.reason)
    )
    func unreadable() async throws {
        let archive = try await bench.importExcerpt()
        let path = "\(archive)/2026-01-04.feedrec"
        try FileManager.default.copyItem(atPath: "\(archive)/2024-08-08.feedrec", toPath: path)
        try FileManager.default.setAttributes([.posixPermissions: 0], ofItemAtPath: path)
        let user = try OrdinaryUser(bench)
        let verified = try await user.run(["verify", archive])
        #expect(verified.status == 1 && verified.output.contains("problem: '\(path)' is not read"), "\(verified)")
        for arguments in [["info", archive], ["sql", archive, "select count(*) from quotes", "--format", "csv"]] {
            let finished = try await user.run(arguments)
            #expect(finished.status == 3 && finished.errors.contains("warning: '\(path)' is not read"), "\(finished)")
            #expect(finished.errors.contains("permission denied"), "\(finished.errors)")
        }
        let again = ["import", "messages", Excerpt.file, "--venue", "binance-spot", "--archive", archive]
        expectFailure(try await user.run(again), naming: "which messages are new", path, "permission denied")
    }
}
