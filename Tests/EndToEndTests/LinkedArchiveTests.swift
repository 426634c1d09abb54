import Foundation
import Testing

/// Links in an archive, and a journal that is not a directory.
@Suite(.fewAtOnce, .timeLimit(.minutes(5)))
struct LinkedArchiveTests {
    private let bench: Workbench
    private let tape: String
    private let files = FileManager.default

    init() throws {
        bench = try Workbench()
        tape = bench.path("tape")
    }

    /// Records 50 messages, and changes the archive meanwhile.
    private func record(touching touch: (_ live: String) throws -> Void = { _ in }) async throws -> Finished {
        let (venue, url) = try await bench.serve(["simulate", "--venue", "mt4", "--rate", "200"])
        let recorder = try bench.start(MT4.record(url, into: tape))
        try await recorder.wait(for: "data") {
            guard recorder.errors.contains("subscribed, recording") else { return false }
            return try await bench.run(["status", tape]).status == 0
        }
        try touch(try #require(try recordings().last))
        recorder.terminate()
        let finished = try await recorder.finish()
        venue.terminate()
        _ = try await venue.finish()
        return finished
    }

    private func recordings() throws -> [String] {
        try files.contentsOfDirectory(atPath: tape).filter { $0.hasSuffix(".feedrec") }.sorted()
    }

    @Test("kind 2 a recording that was moved and replaced by a symbolic link is continued at its new place")
    func linkedBack() async throws {
        #expect(try await record().status == 0)
        let name = try #require(try recordings().first)
        let elsewhere = bench.path("elsewhere.feedrec")
        try files.moveItem(atPath: "\(tape)/\(name)", toPath: elsewhere)
        try files.createSymbolicLink(atPath: "\(tape)/\(name)", withDestinationPath: elsewhere)
        let before = try await bench.verify(tape).quotes
        let finished = try await record()
        // At midnight the recorder starts another file.
        guard try recordings().count == 1 else { return }
        #expect(!finished.errors.contains("is a copy") && !finished.errors.contains("was lost"), "\(finished.errors)")
        #expect(try await bench.verify(tape).quotes > before)
        #expect(try await bench.query(elsewhere, "select count(*) from sessions") == ["2"])
    }

    @Test("kind 2 a hard link of the live file does not affect the recorder, and is read once")
    func hardLink() async throws {
        let finished = try await record { live in
            try files.linkItem(atPath: "\(tape)/\(live)", toPath: "\(tape)/backup.feedrec")
        }
        #expect(finished.status == 0, "\(finished.errors)")
        let sql = "select count(*) > 0 from quotes"
        let counted = try await bench.succeed(["sql", tape, sql, "--format", "csv"])
        #expect(counted.lines.last == "1" && counted.errors.contains("feedrec: note: '\(tape)/"), "\(counted.errors)")
        _ = try await bench.verify(tape)
    }

    @Test("kind 2 a journal that is a file ends the recorder with its name, and does not affect other verbs")
    func journalFile() async throws {
        let archive = try await bench.importExcerpt()
        try Data("x".utf8).write(to: URL(fileURLWithPath: "\(archive)/journal"))
        expectFailure(try await bench.run(MT4.record("ws://127.0.0.1:1", into: archive)), naming: "/journal'")
        for arguments in [["info", archive], ["sql", archive, "select count(*) from quotes"], ["verify", archive]] {
            let finished = try await bench.run(arguments)
            #expect(finished.status == 0 && finished.errors.contains("warning: the journal of"), "\(finished.errors)")
        }
    }
}
