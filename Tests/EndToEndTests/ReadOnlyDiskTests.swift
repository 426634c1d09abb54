import Foundation
import Testing

/// File systems that become read-only, and programs that lock the recording, while a recorder writes to it.
@Suite(.fewAtOnce, .timeLimit(.minutes(5)))
struct ReadOnlyDiskTests {
    private let bench: Workbench
    private let tape: String

    init() throws {
        bench = try Workbench()
        tape = bench.path("tape")
    }

    @Test(
        "kind 3 writes that fail for a read-only file system or a quota pause the recorder; the gap is exact",
        .enabled(if: Tracing.isAllowed, Tracing.reason),
        arguments: [("EROFS", "read-only", "read_only"), ("EDQUOT", "the disk quota is used up", "disk_full")]
    )
    func writesFail(number: String, words: String, cause: String) async throws {
        let ledger = bench.path("ledger.ndjson")
        let (venue, url) = try await bench.serve(["simulate", "--venue", "mt4", "--rate", "500", "--ledger", ledger])
        let recorder = try bench.start(MT4.record(url, into: tape))
        try await waitForQuotes(recorder)
        // Every write to a database fails, in whatever thread, until the tracer leaves.
        let tracer = try bench.start(
            #require(Executable.find("strace")),
            [
                "-f", "-qq", "-o", "/dev/null", "-p", String(recorder.processIdentifier), "-e", "trace=pwrite64", "-e",
                "inject=pwrite64:error=\(number)",
            ]
        )
        try await recorder.wait(for: "the pause") { recorder.errors.contains("paused: ") }
        #expect(recorder.errors.contains(words), "\(recorder.errors)")
        tracer.terminate()
        _ = try await tracer.finish()
        try await recorder.wait(for: "the end of the pause") { recorder.errors.contains("resumed") }
        try await waitForQuotes(recorder)
        recorder.terminate()
        let finished = try await recorder.finish()
        #expect(finished.status == 3 && finished.errors.contains("data is missing: 1 gap"), "\(finished.errors)")
        venue.terminate()
        _ = try await venue.finish()
        #expect(try await bench.query(tape, "select count(*) from connections") == ["1"])
        try await bench.expectExactGap(cause, in: tape, ledger: ledger)
    }

    @Test(
        "a file system that becomes read-only after an error pauses the recorder; the recording stays sound",
        .enabled(if: LoopDevices.areAllowed, LoopDevices.reason)
    )
    func remounted() async throws {
        let (venue, url) = try await bench.serve(["simulate", "--venue", "mt4", "--rate", "500"])
        let record = MT4.record(url, into: bench.path("disk/tape")).map { "'\($0)'" }.joined(separator: " ")
        let script = """
            set -e
            cd '\(bench.directory)'
            feedrec='\(Executable.feedrec.path)'
            mkdir disk
            truncate -s 128M image
            mkfs.ext4 -q -O ^has_journal image
            mount -o loop,errors=remount-ro image disk
            trap 'umount -l disk || true' EXIT
            device=$(basename "$(findmnt -no SOURCE disk)")
            "$feedrec" \(record) 2>log </dev/null &
            recorder=$!
            until grep -q subscribed log; do sleep 0.1; done
            until sqlite3 -readonly disk/tape/*.feedrec 'select count(*) from quote' | grep -q '[0-9][0-9][0-9]'; do sleep 0.1; done
            echo test >"/sys/fs/ext4/$device/trigger_fs_error"
            until grep -q paused log; do sleep 0.1; done
            # It is alive, and keeps its connection.
            sleep 2
            kill -0 $recorder
            kill -TERM $recorder
            status=0; wait $recorder || status=$?
            echo "ended $status"
            umount disk
            mount -o loop image disk
            "$feedrec" \(record) --count 300 2>again
            "$feedrec" verify disk/tape
            "$feedrec" sql disk/tape 'select count(*) from sessions' --format csv
            """
        let file = try bench.write(script, to: "steps.sh")
        let shell = try bench.start(#require(Executable.find("unshare")), PrivateMounts.arguments + ["sh", file])
        let finished = try await shell.finish()
        let log = try String(contentsOfFile: bench.path("log"), encoding: .utf8)
        #expect(finished.status == 0, "\(finished.errors) \(log)")
        #expect(log.contains("paused: ") && log.contains("the file system has become read-only"), "\(log)")
        #expect(!log.contains("disconnected"), "\(log)")
        #expect(finished.lines.first == "ended 1", "\(finished.output) \(log)")
        #expect(finished.output.contains(": sound; "), "\(finished.output)")
        venue.terminate()
        _ = try await venue.finish()
    }

    enum Rule: String, CaseIterable, Sendable, CustomTestStringConvertible {
        case stopReading = "stop-reading"
        case drop
        var testDescription: String { rawValue }
    }

    @Test(
        "while another program locks the recording, memory stays bounded: nothing is lost, or the gap is exact",
        arguments: Rule.allCases
    )
    func locked(rule: Rule) async throws {
        let ledger = bench.path("ledger.ndjson")
        let (venue, url) = try await bench.serve(["simulate", "--venue", "mt4", "--rate", "10000", "--ledger", ledger])
        let flags = ["--overload", rule.rawValue, "--journal-limit", "16MiB", "--log-format", "text"]
        let recorder = try bench.start(MT4.record(url, into: tape) + flags)
        try await waitForQuotes(recorder)
        let shell = try bench.start(
            #require(Executable.find("sqlite3")),
            ["-interactive", try file()],
            keepsInput: true
        )
        try shell.write(line: "BEGIN EXCLUSIVE; SELECT 'locked' || 1;")
        try await shell.wait(for: "the lock") { shell.output.contains("locked1") }
        let sign = rule == .drop ? "overloaded" : "storing held up"
        try await recorder.wait(for: "the rule") { recorder.errors.contains(sign) }
        try await recorder.wait(for: "the report") { recorder.errors.contains("storing held up") }
        try shell.write(line: "COMMIT;")
        try await recorder.wait(for: "the end of the lock") { recorder.errors.contains("storing resumed") }
        if rule == .drop {
            try await recorder.wait(for: "the end of the gap") { recorder.errors.contains("caught up") }
        }
        shell.endInput()
        try await waitForQuotes(recorder)
        let peak = try peakMemory(of: recorder)
        recorder.terminate()
        let finished = try await recorder.finish()
        venue.terminate()
        _ = try await venue.finish()
        #expect(peak < 256 << 20, "\(peak >> 20) MiB")
        #expect(finished.status == (rule == .drop ? 3 : 0), "\(finished.errors)")
        #expect(try await bench.query(tape, "select count(*) from connections") == ["1"])
        if rule == .drop { return try await bench.expectExactGap("overload", in: tape, ledger: ledger) }
        #expect(try await bench.verify(tape).gaps == 0)
        let recorded = try await bench.export(tape).compactMap(\.payload).filter { MT4.isData($0) }
        #expect(recorded == Array(try bench.sent(ledger).prefix(recorded.count)))
    }

    /// The recording that is being written.
    private func file() throws -> String { tape + "/" + (try #require(names.first)) }

    private var names: [String] {
        let names = try? FileManager.default.contentsOfDirectory(atPath: tape)
        return (names ?? []).filter { $0.hasSuffix(".feedrec") }
    }

    /// Waits until there are more quotes than now.
    private func waitForQuotes(_ recorder: RunningProgram) async throws {
        try await recorder.wait(for: "a recording") {
            !names.isEmpty && recorder.errors.contains("subscribed")
        }
        func count() async throws -> Int {
            Int(try await bench.tool("sqlite3", ["-readonly", try file(), "select count(*) from quote"]).dropLast())
                ?? 0
        }
        let before = try await count()
        try await recorder.wait(for: "more quotes") { try await count() > before + 100 }
    }

    /// The peak memory of a program, in bytes.
    private func peakMemory(of program: RunningProgram) throws -> Int {
        let status = try String(contentsOfFile: "/proc/\(program.processIdentifier)/status", encoding: .utf8)
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") })
        return try #require(line.split(separator: " ").compactMap { Int($0) }.first) << 10
    }
}

/// Whether system calls of a running program can be made to fail.
enum Tracing {
    static let reason: Comment = "needs strace, and the right to attach it"
    static let isAllowed = geteuid() == 0 && Executable.find("strace") != nil
}

/// Whether the kernel can be made to remount our file system read-only.
enum LoopDevices {
    static let reason: Comment = "needs loop devices, ext4 and root"
    static let areAllowed =
        geteuid() == 0 && PrivateMounts.areAllowed && FileManager.default.fileExists(atPath: "/dev/loop-control")
        && FileManager.default.fileExists(atPath: "/sys/fs/ext4") && Executable.find("mkfs.ext4") != nil
        && Executable.find("findmnt") != nil
}
