import Foundation
import Testing

/// Recordings of many files under load, and archives of killed recorders that are not writable.
@Suite(.fewAtOnce, .timeLimit(.minutes(5)))
struct SeamTests {
    private let bench: Workbench
    private let tape: String

    init() throws {
        bench = try Workbench()
        tape = bench.path("tape")
    }

    @Test("files of one second each, under load, have every message once and in order, and SIGTERM loses nothing")
    func seconds() async throws {
        let ledger = bench.path("ledger.ndjson")
        let (venue, url) = try await bench.serve(
            ["simulate", "--venue", "mt4", "--rate", "5000", "--ledger", ledger]
        )
        let recorder = try bench.start(MT4.record(url, into: tape) + ["--rotate-every", "1s"])
        try await recorder.wait(for: "five files") { try files().count >= 5 }
        recorder.terminate()
        let finished = try await recorder.finish()
        #expect(finished.status == 0, "\(finished.errors)")
        venue.terminate()
        _ = try await venue.finish()

        let verified = try await bench.verify(tape)
        #expect(verified.gaps == 0 && verified.oddities == 0)
        let sent = try String(contentsOfFile: ledger, encoding: .utf8).split(separator: "\n").compactMap {
            try JSONDecoder().decode(ExportedLine.self, from: Data($0.utf8)).payload
        }.filter { MT4.isData($0) }
        let recorded = try await bench.export(tape).compactMap(\.payload).filter { MT4.isData($0) }
        #expect(recorded.count > 10_000 && recorded == Array(sent.prefix(recorded.count)))
        for file in try files().dropLast() {
            let attributes = try FileManager.default.attributesOfItem(atPath: tape + "/" + file)
            #expect(attributes[.posixPermissions] as? Int == 0o444)
            let path = tape + "/" + file
            #expect(try await bench.query(path, "select end_cause from sessions") == ["rotation"])
            #expect(try await bench.query(path, "select min(first_message_index) from message_block") == ["0"])
            #expect(try await bench.query(path, "select payload_sha256 from seal") == [try await digest(of: path)])
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: tape).filter { $0.hasSuffix("-wal") } == [])
    }

    @Test(
        "an archive that was killed and is not writable is read as it is, with a warning",
        .enabled(if: PrivateMounts.areAllowed, PrivateMounts.reason)
    )
    func readOnly() async throws {
        let (_, url) = try await bench.serve(["simulate", "--venue", "mt4", "--rate", "2000"])
        let recorder = try bench.start(MT4.record(url, into: tape))
        let file = try await recorder.recordingFile()
        try await recorder.wait(for: "quotes") {
            try await bench.tool("sqlite3", [file, "select count(*) > 500 from quote"]).hasPrefix("1")
        }
        recorder.kill()
        let script = try bench.write(
            """
            set -e
            mount --bind '\(tape)' '\(tape)'
            mount -o remount,bind,ro '\(tape)'
            '\(Executable.feedrec.path)' info '\(tape)'
            """,
            to: "read-only.sh"
        )
        let shell = try bench.start(#require(Executable.find("unshare")), PrivateMounts.arguments + ["sh", script])
        let finished = try await shell.finish()
        #expect(finished.status == 0, "\(finished.errors)")
        #expect(finished.errors.contains("warning: the journal of '\(tape)' has messages"), "\(finished.errors)")
        #expect(finished.output.contains("not ended"))
        let info = try await bench.succeed(["info", tape])
        #expect(info.errors.contains("a recorder was killed") && info.output.contains("(killed)"))
    }

    private func files() throws -> [String] {
        guard FileManager.default.fileExists(atPath: tape) else { return [] }
        return try FileManager.default.contentsOfDirectory(atPath: tape).filter { $0.hasSuffix(".feedrec") }.sorted()
    }

    private func digest(of path: String) async throws -> String {
        try await bench.verify(path).payloadSHA256
    }
}
