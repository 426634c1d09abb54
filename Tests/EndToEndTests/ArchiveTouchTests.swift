import Foundation
import Testing

/// People and limits that affect an archive while the real programs use it.
@Suite(.fewAtOnce, .timeLimit(.minutes(5)))
struct ArchiveTouchTests {
    private let bench: Workbench
    private let tape: String

    init() throws {
        bench = try Workbench()
        tape = bench.path("tape")
    }

    private func recordings() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: tape).filter { $0.hasSuffix(".feedrec") }.sorted()
    }

    private func removeRecordings(_ suffix: String = "") throws {
        for name in try FileManager.default.contentsOfDirectory(atPath: tape)
        where suffix.isEmpty ? name.contains(".feedrec") : name.hasSuffix(suffix) {
            try FileManager.default.removeItem(atPath: tape + "/" + name)
        }
    }

    /// Starts a recorder of a hub, and waits until it has stored something.
    private func record(_ options: [String] = [], rate: String = "500") async throws -> RunningProgram {
        let (_, url) = try await bench.serve(["simulate", "--venue", "mt4", "--rate", rate])
        let recorder = try bench.start(MT4.record(url, into: tape) + options)
        try await recorder.wait(for: "the first rows") {
            guard recorder.errors.contains("subscribed, recording") else { return false }
            let count = try await bench.run(["sql", tape, "select count(*) from quotes", "--format", "csv"])
            return count.lines.last.flatMap { Int($0) } ?? 0 > 0
        }
        return recorder
    }

    @Test("A3 status reports that the recording was deleted, another file continues, and the exit status is 3")
    func deleted() async throws {
        let recorder = try await record()
        let before = Set(try recordings())
        try removeRecordings()
        try await recorder.wait(for: "the error") { recorder.errors.contains("was deleted") }
        let status = try await bench.run(["status", tape])
        #expect(status.status == 3 && status.output.contains("a file was lost"), "\(status)")
        #expect(try recordings().count == before.count)
        recorder.terminate()
        let finished = try await recorder.finish()
        #expect(finished.status == 3, "\(finished.errors)")
        #expect(try await bench.verify(tape).quotes > 0)
    }

    @Test("kind 2 a recorder whose whole archive was deleted records into a new one, and answers there")
    func deletedArchive() async throws {
        let recorder = try await record()
        try FileManager.default.removeItem(atPath: tape)
        try await recorder.wait(for: "the error") { recorder.errors.contains("was deleted") }
        try await recorder.wait(for: "an answer") { try await bench.run(["status", tape]).status == 3 }
        let second = try await bench.run(MT4.record("ws://127.0.0.1:1", into: tape))
        #expect(second.status == 1 && second.errors.contains("is being written by another feedrec"))
        recorder.terminate()
        #expect(try await recorder.finish().status == 3)
        #expect(try await bench.verify(tape).quotes > 0)
    }

    @Test("A4 after a kill and the deletion of all recordings, every verb works and the journal's messages are there")
    func killedAndDeleted() async throws {
        let recorder = try await record()
        recorder.kill()
        try removeRecordings()
        let verified = try await bench.run(["info", tape])
        #expect(verified.status == 0 && verified.errors.contains("is gone or not writable"), "\(verified)")
        #expect(try await bench.verify(tape).quotes > 0)
        #expect(try await bench.run(["verify", tape, "--repair"]).status == 0)
        let (_, url) = try await bench.serve(["simulate", "--venue", "mt4", "--rate", "500"])
        let again = try bench.start(MT4.record(url, into: tape))
        try await again.wait(for: "the subscription") { again.errors.contains("subscribed, recording") }
        again.terminate()
        _ = try await again.finish()
        _ = try await bench.verify(tape)
    }

    @Test("A5 a restart neither continues nor changes a copy of the recording in the same directory")
    func copied() async throws {
        let recorder = try await record()
        recorder.terminate()
        _ = try await recorder.finish()
        let copies = ["2026-01-05 (1).feedrec", String(try recordings()[0].dropLast(8)) + "_00007.feedrec"]
        for name in copies {
            try FileManager.default.copyItem(atPath: tape + "/" + recordings()[0], toPath: tape + "/" + name)
        }
        let before = copies.map { FileManager.default.contents(atPath: tape + "/" + $0) }
        let (_, url) = try await bench.serve(["simulate", "--venue", "mt4", "--rate", "500"])
        let again = try bench.start(MT4.record(url, into: tape) + ["--rotate-every", "1s"])
        try await again.wait(for: "two more files") { try recordings().count >= 5 }
        again.terminate()
        _ = try await again.finish()
        #expect(copies.map { FileManager.default.contents(atPath: tape + "/" + $0) } == before)
    }

    @Test("A9 deleting only the live file damages nothing, even if the recorder is killed before it notices")
    func deletedWithoutLog() async throws {
        let recorder = try await record()
        recorder.kill()
        try removeRecordings(".feedrec")
        let (_, url) = try await bench.serve(["simulate", "--venue", "mt4", "--rate", "500"])
        let again = try bench.start(MT4.record(url, into: tape) + ["--rotate-every", "1s"])
        try await again.wait(for: "the subscription") { again.errors.contains("subscribed, recording") }
        again.terminate()
        let finished = try await again.finish()
        #expect(!finished.errors.contains("malformed"), "\(finished.errors)")
        #expect(try await bench.verify(tape).quotes > 0)
        #expect(try FileManager.default.contentsOfDirectory(atPath: tape).contains { $0.hasSuffix(".lost-wal") })
    }

    // MARK: Limits

    /// Starts a recorder with limits set by the shell.
    private func record(under limit: String, _ options: [String], rate: String) async throws -> RunningProgram {
        let (_, url) = try await bench.serve(["simulate", "--venue", "mt4", "--rate", rate])
        let shell = try #require(Executable.find("bash"))
        let arguments = MT4.record(url, into: tape) + options
        return try bench.start(shell, ["-c", "\(limit); exec \"$0\" \"$@\"", Executable.feedrec.path] + arguments)
    }

    @Test("A7 with a file size limit, a recorder starts another file before it reaches the limit")
    func fileSize() async throws {
        let recorder = try await record(under: "ulimit -f 8192", ["--journal-limit", "16MiB"], rate: "20000")
        try await recorder.wait(for: "a third file") { (try? recordings().count) ?? 0 >= 3 }
        recorder.terminate()
        let finished = try await recorder.finish()
        #expect(finished.status == 0, "\(finished.errors)")
        #expect(try await bench.verify(tape).quotes > 0)
    }

    @Test("kind 3 a recorder that was killed under a file size limit can start again under it")
    func restartUnderLimit() async throws {
        let recorder = try await record(under: "ulimit -f 8192", ["--journal-limit", "16MiB"], rate: "20000")
        try await recorder.wait(for: "a second file") { (try? recordings().count) ?? 0 >= 2 }
        recorder.kill()
        let again = try await record(under: "ulimit -f 8192", ["--journal-limit", "16MiB"], rate: "500")
        try await again.wait(for: "the subscription") { again.errors.contains("subscribed, recording") }
        again.terminate()
        let status = try await again.finish().status
        #expect(status == 0 || status == 3, "3 if it ends before the gap of the kill does")
        _ = try await bench.verify(tape)
    }

    @Test("kind 3 a file size limit that is too small for a recording is refused by name")
    func tinyFiles() async throws {
        let recorder = try await record(under: "ulimit -f 1000", [], rate: "500")
        let finished = try await recorder.finish()
        #expect(finished.status == 1 && finished.errors.contains("ulimit -f"), "\(finished.errors)")
        #expect(!FileManager.default.fileExists(atPath: tape))
    }
}
