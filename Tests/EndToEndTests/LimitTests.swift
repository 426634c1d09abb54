import Foundation
import Testing

/// System limits that an ordinary user may reach, tested with an ordinary user's rights.
@Suite(.fewAtOnce, .enabled(if: OrdinaryUser.isAllowed, OrdinaryUser.reason), .timeLimit(.minutes(5)))
struct LimitTests {
    private let bench: Workbench
    private let tape: String

    init() throws {
        bench = try Workbench()
        tape = bench.path("tape")
    }

    @Test(
        "kind 3 too few threads are refused at the start, and the error names the limit",
        arguments: [1, 3, 5],
        [["record"], ["info"]]
    )
    func threads(limit: Int, verb: [String]) async throws {
        let user = try OrdinaryUser(bench)
        let arguments = verb == ["record"] ? MT4.record("ws://127.0.0.1:1", into: tape) : verb + [tape]
        let finished = try await user.run(arguments, under: "ulimit -u \(limit)")
        expectFailure(finished, naming: "cannot start 8 threads", "may have \(limit)")
        #expect(finished.errors.contains("'ulimit -u'"), "\(finished.errors)")
        #expect(!FileManager.default.fileExists(atPath: tape))
    }

    @Test("kind 3 if the archive becomes unwritable, a recorder continues with its file until it is writable again")
    func readOnlyArchive() async throws {
        let (_, url) = try await bench.serve(["simulate", "--venue", "mt4", "--rate", "200"])
        let user = try OrdinaryUser(bench)
        let recorder = try user.start(MT4.record(url, into: tape) + ["--rotate-every", "1s"])
        try await recorder.wait(for: "a second file") { recorder.errors.contains("_00002.feedrec") }
        try FileManager.default.setAttributes([.posixPermissions: 0o555], ofItemAtPath: tape)
        try await recorder.wait(for: "a rotation that fails") { recorder.errors.contains("cannot start a new file") }
        #expect(recorder.errors.contains(tape), "\(recorder.errors)")
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: tape)
        let files = recorder.errors.components(separatedBy: "recording into").count
        try await recorder.wait(for: "another file") {
            recorder.errors.components(separatedBy: "recording into").count > files
        }
        recorder.terminate()
        let finished = try await recorder.finish()
        #expect(finished.status == 0, "\(finished.errors)")
        #expect(try await bench.verify(tape).gaps == 0)
    }

    @Test("kind 3 an unwritable archive is refused at the start, and can be read")
    func unwritable() async throws {
        let archive = try await bench.importExcerpt()
        let user = try OrdinaryUser(bench)
        try FileManager.default.setAttributes([.posixPermissions: 0o555], ofItemAtPath: archive)
        defer { try? FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: archive) }
        let refused = try await user.run(MT4.record("ws://127.0.0.1:1", into: archive))
        expectFailure(refused, naming: archive, "permission denied")
        for arguments in [["verify", archive], ["info", archive], ["sql", archive, "select * from quotes"]] {
            #expect(try await user.run(arguments).status == 0)
        }
    }
}
