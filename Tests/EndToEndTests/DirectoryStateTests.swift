import Foundation
import Testing

/// Files that people and their programs leave in the directory of an archive, and how reading verbs report them.
@Suite(.fewAtOnce, .timeLimit(.minutes(5)))
struct DirectoryStateTests {
    private static let day = "2024-08-08.feedrec"

    private let bench: Workbench
    private let files = FileManager.default

    init() throws { bench = try Workbench() }

    @Test("A8 a file named like a recording that is not one is reported by every verb", arguments: Stray.all)
    func stray(stray: Stray) async throws {
        let archive = try await bench.importExcerpt()
        let path = "\(archive)/2026-01-04.feedrec"
        try await stray.put(bench, path)
        let verified = try await bench.run(["verify", archive])
        #expect(verified.status == 1, "\(verified.output)")
        #expect(verified.output.contains("problem: '\(path)"), "\(verified.output)")
        for arguments in [
            ["info", archive], ["sql", archive, "select count(*) from quotes", "--format", "csv"],
            ["export", "messages", archive], ["replay", archive, "--to", "stdout", "--speed", "max"],
            ["rebuild", archive, "--check"], ["prune", archive, "--raw", "200G", "--dry-run"], ["compact", archive],
        ] {
            let finished = try await bench.run(arguments)
            #expect(finished.status == 3, "\(arguments): \(finished.errors)")
            #expect(finished.errors.contains("feedrec: warning: '\(path)"), "\(arguments): \(finished.errors)")
            #expect(finished.errors.contains(stray.reason), "\(arguments): \(finished.errors)")
            #expect(finished.errors.contains("data is missing: 1 file"), "\(arguments): \(finished.errors)")
            if arguments[0] == "sql" { #expect(finished.lines == ["count(*)", "62"]) }
        }
    }

    @Test("kind 2 every verb warns of a recording that a cloud folder has moved away, and an import refuses to guess")
    func evicted() async throws {
        let archive = try await bench.importExcerpt()
        let path = "\(archive)/.2026-01-04.feedrec.icloud"
        try Data("x".utf8).write(to: URL(fileURLWithPath: path))
        let verified = try await bench.run(["verify", archive])
        #expect(verified.status == 1 && verified.output.contains("problem: '\(path)"), "\(verified.output)")
        for arguments in [["info", archive], ["export", "messages", archive], ["rebuild", archive, "--check"]] {
            let finished = try await bench.run(arguments)
            #expect(finished.status == 3, "\(arguments): \(finished.errors)")
            let parts = finished.errors.components(separatedBy: "warning: '\(path)' is not read")
            #expect(parts.count == 2, "\(arguments): \(finished.errors)")
        }
        let text = try bench.write("1767571200000000000 {}\n", to: "more.txt")
        let arguments = ["import", "messages", text, "--venue", "binance-spot", "--archive", archive]
        expectFailure(try await bench.run(arguments), naming: "cannot tell which messages are new: '\(path)'")
    }

    @Test("A8 a directory with only an empty file is reported")
    func onlyEmpty() async throws {
        let archive = bench.path("tape")
        try files.createDirectory(atPath: archive, withIntermediateDirectories: false)
        try bench.write("", to: "tape/2026-01-04.feedrec")
        for arguments in [["info", archive], ["verify", archive], ["sql", archive, "select 1"]] {
            expectFailure(try await bench.run(arguments), naming: "2026-01-04.feedrec' is empty")
        }
    }

    @Test("A8 verify --repair repairs a truncated recording next to an intact one")
    func repairOfCut() async throws {
        let archive = try await bench.importExcerpt()
        let tape = try await bench.importExcerpt(into: "other")
        let bytes = try Data(contentsOf: URL(fileURLWithPath: "\(tape)/\(Self.day)"))
        try bytes.dropLast(8192).write(to: URL(fileURLWithPath: "\(archive)/2026-01-04.feedrec"))
        let repaired = try await bench.run(["verify", archive, "--repair"])
        #expect(repaired.status == 3, "\(repaired.errors)")
        #expect(repaired.output.contains("repaired '\(archive)/2026-01-04.feedrec'"), "\(repaired.output)")
    }

    /// Another name or a copy of an archive's recording.
    struct Twin: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let put: @Sendable (_ original: String, _ directory: String) throws -> Void
    }

    private static let twins = [
        Twin(testDescription: "a copy of a file manager") {
            try FileManager.default.copyItem(atPath: $0, toPath: "\($1)/2024-08-08 (1).feedrec")
        },
        Twin(testDescription: "a sync tool's conflict") {
            try FileManager.default.copyItem(
                atPath: $0,
                toPath: "\($1)/2024-08-08.sync-conflict-20260105-101010-ABCDEFG.feedrec"
            )
        },
        Twin(testDescription: "a hard link") {
            try FileManager.default.linkItem(atPath: $0, toPath: "\($1)/2024-08-07.feedrec")
        },
        Twin(testDescription: "a symbolic link") {
            try FileManager.default.createSymbolicLink(atPath: "\($1)/2024-08-07.feedrec", withDestinationPath: $0)
        },
    ]

    @Test("A5 a recording under two names counts once", arguments: twins)
    func twin(twin: Twin) async throws {
        let archive = try await bench.importExcerpt()
        let whole = try await bench.verify(archive)
        let volume = try await bench.query(archive, "select sum(size), count(*) from trades")
        try twin.put("\(archive)/\(Self.day)", archive)
        let again = try await bench.verify(archive)
        #expect(again.payloadSHA256 == whole.payloadSHA256 && again.messagesReceived == 80)
        #expect(try await bench.query(archive, "select sum(size), count(*) from trades") == volume)
        #expect(try await bench.export(archive).count == 80)
        let replayed = try await bench.succeed(["replay", archive, "--to", "stdout", "--speed", "max"])
        #expect(replayed.lines.count { $0.contains(#""type":"quote""#) } == 62)
        for arguments in [["info", archive], ["rebuild", archive, "--check"]] {
            let finished = try await bench.succeed(arguments)
            #expect(finished.errors.contains("feedrec: note: '\(archive)/"), "\(finished.errors)")
            #expect(finished.errors.contains("'\(archive)/\(Self.day)'"), "\(finished.errors)")
        }
    }

    @Test("A5 an archive given twice, and a file of it, is one tape")
    func twice() async throws {
        let archive = try await bench.importExcerpt()
        let arguments = [
            "replay", archive, "\(archive)/\(Self.day)", archive + "/", "--to", "stdout", "--speed", "max",
        ]
        let replayed = try await bench.succeed(arguments)
        #expect(replayed.lines.count { $0.contains(#""type":"quote""#) } == 62)
    }

    @Test("A5 a copy of the live file without its log is an incomplete copy, next to the original and alone")
    func withoutLog() async throws {
        let (_, url) = try await bench.serve(["simulate", "--venue", "mt4", "--rate", "500"])
        let (archive, alone) = (bench.path("tape"), bench.path("alone"))
        let recorder = try bench.start(MT4.record(url, into: archive))
        func live() throws -> String? {
            try files.contentsOfDirectory(atPath: archive).first { $0.hasSuffix(".feedrec") }
        }
        try await recorder.wait(for: "messages") {
            guard files.fileExists(atPath: archive), let name = try live() else { return false }
            let log = try? files.attributesOfItem(atPath: "\(archive)/\(name)-wal")[.size] as? Int
            return (log ?? 0) > 100_000
        }
        let name = try #require(try live())
        try files.createDirectory(atPath: alone, withIntermediateDirectories: false)
        for target in ["\(archive)/copy of \(name)", "\(alone)/\(name)"] {
            try files.copyItem(atPath: "\(archive)/\(name)", toPath: target)
        }
        let beside = try await bench.run(["verify", archive])
        #expect(beside.status == 1 && beside.output.contains("is an incomplete copy of '\(archive)/\(name)'"))
        let only = try await bench.run(["verify", alone])
        #expect(only.status == 1 && only.output.contains("contains no session"), "\(only.output)")
        recorder.terminate()
        _ = try await recorder.finish()
        let counted = try await bench.run([
            "sql", archive, "select count(distinct message_index) = count(*) from messages", "--format", "csv",
        ])
        #expect(counted.status == 0 && counted.lines.last == "1", "\(counted.errors)")
    }

    @Test("A8 a healthy live archive gives no warning, even right after a file was started")
    func live() async throws {
        let (_, url) = try await bench.serve(["simulate", "--venue", "mt4", "--rate", "500"])
        let archive = bench.path("tape")
        let recorder = try bench.start(MT4.record(url, into: archive) + ["--rotate-every", "1s"])
        try await recorder.wait(for: "a recording") {
            let names = (try? files.contentsOfDirectory(atPath: archive)) ?? []
            return names.contains { $0.hasSuffix(".feedrec") }
        }
        for _ in 0..<8 {
            let finished = try await bench.run(["info", archive])
            #expect(!finished.errors.contains("warning") && !finished.errors.contains("note"), "\(finished.errors)")
            #expect(finished.status == 0, "\(finished.errors)")
        }
        recorder.terminate()
        _ = try await recorder.finish()
    }
}
