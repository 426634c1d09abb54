import Foundation
import Testing

/// A machine that temporarily lacks something that a recorder needs.
@Suite(.fewAtOnce, .timeLimit(.minutes(5)))
struct ScarcityTests {
    private let bench: Workbench
    private let tape: String

    init() throws {
        bench = try Workbench()
        tape = bench.path("tape")
    }

    @Test(
        "kind 3 without a free file descriptor a recorder neither rotates nor connects, and continues when there is one"
    )
    func tooManyOpenFiles() async throws {
        // libdispatch looks at /proc/self/task once a second, and traps if it cannot open a file there.
        try await withKnownIssue("libdispatch traps without a free descriptor", isIntermittent: true) {
            try await exhaustDescriptors()
        } matching: { issue in
            (issue.error as? TooLate)?.description.contains(" ended before ") == true
        }
    }

    private func exhaustDescriptors() async throws {
        let (venue, url) = try await bench.serve(["simulate", "--venue", "mt4", "--rate", "500"])
        let recorder = try bench.start(MT4.record(url, into: tape) + ["--rotate-every", "1s"])
        try await recorder.wait(for: "a second file") { recorder.errors.contains("_00002.feedrec") }
        try await limitFiles(of: recorder, to: "3")
        try await recorder.wait(for: "a rotation that fails") { recorder.errors.contains("cannot start a new file") }
        #expect(recorder.errors.contains("too many open files"), "\(recorder.errors)")
        // Now the connection is closed too, and no other can be opened.
        let port = try #require(URL(string: url)?.port)
        venue.terminate()
        _ = try await venue.finish()
        let second = try bench.start(
            ["simulate", "--venue", "mt4", "--rate", "500", "--listen", "127.0.0.1:\(port)"]
        )
        _ = try await second.url()
        try await recorder.wait(for: "two attempts") {
            recorder.errors.components(separatedBy: "disconnected: ").count > 3
        }
        try await limitFiles(of: recorder, to: "256")
        try await recorder.wait(for: "another subscription") {
            recorder.errors.components(separatedBy: "subscribed, recording").count > 2
        }
        let files = recorder.errors.components(separatedBy: "recording into").count
        try await recorder.wait(for: "another file") {
            recorder.errors.components(separatedBy: "recording into").count > files
        }
        recorder.terminate()
        let finished = try await recorder.finish()
        #expect(finished.status == 3, "\(finished.errors)")
        second.terminate()
        _ = try await second.finish()
        #expect(try await bench.verify(tape).quotes > 0)
        let causes = try await bench.query(tape, "select distinct cause from gaps")
        #expect(causes == ["disconnect"])
    }

    private func limitFiles(of program: RunningProgram, to limit: String) async throws {
        _ = try await bench.tool("prlimit", ["--pid", String(program.processIdentifier), "--nofile=\(limit):"])
    }
}
