import Foundation
import Testing

/// Disks that are full or read-only: small file systems, mounted for one process and its children only.
@Suite(.fewAtOnce, .enabled(if: PrivateMounts.areAllowed, PrivateMounts.reason), .timeLimit(.minutes(3)))
struct BadDirectoryTests {
    private let bench: Workbench

    init() throws {
        bench = try Workbench()
        try FileManager.default.createDirectory(atPath: bench.path("disk"), withIntermediateDirectories: true)
    }

    @Test("a full disk ends the recorder with a line, and what is stored by then is sound")
    func fullDisk() async throws {
        let (_, url) = try await bench.serve(["simulate", "--venue", "mt4", "--rate", "max"])
        let steps = try await run(
            """
            mount -t tmpfs -o size=8m tmpfs "$disk"
            head -c 7000000 /dev/zero >"$disk/other"
            step \(line(MT4.record(url, into: bench.path("disk/tape"))))
            rm "$disk/other"
            step "$feedrec" verify "$disk/tape"
            step \(line(MT4.record(url, into: bench.path("disk/tape")) + ["--count", "100"]))
            step "$feedrec" verify "$disk/tape"
            """
        )
        try #require(steps.count == 4)
        expectFailure(steps[0], naming: "the disk is full", "disk/tape")
        #expect(steps[1].status == 0 && steps[1].output.contains(": sound; "), "\(steps[1])")
        #expect(!steps[1].output.contains("; 0 messages received"))
        #expect(steps[2].status == 0, "\(steps[2].errors)")
        #expect(steps[3].status == 0 && steps[3].output.contains(": sound; "), "\(steps[3])")
    }

    @Test("a read-only disk can be read, and is refused by those who write")
    func readOnlyDisk() async throws {
        let (_, url) = try await bench.serve(["simulate", "--venue", "mt4", "--rate", "max"])
        let archive = try await bench.importExcerpt()
        let steps = try await run(
            """
            mount -t tmpfs -o size=8m tmpfs "$disk"
            cp -r '\(archive)' "$disk/tape"
            mount -o remount,bind,ro "$disk"
            step \(line(MT4.record(url, into: bench.path("disk/tape"))))
            step \(line(MT4.record(url, into: bench.path("disk/new"))))
            step "$feedrec" import messages '\(Excerpt.file)' --venue binance-spot --archive "$disk/tape"
            step "$feedrec" verify "$disk/tape"
            step "$feedrec" sql "$disk/tape" 'select count(*) from quotes' --format csv
            """
        )
        try #require(steps.count == 5)
        for step in steps[..<3] { expectFailure(step, naming: "read-only", "disk/") }
        #expect(steps[3].status == 0 && steps[3].output.contains(": sound; 80 messages"), "\(steps[3])")
        #expect(steps[4].status == 0 && steps[4].lines == ["count(*)", "62"])
    }

    /// Runs shell commands with mounts of their own; what each `step COMMAND…` among them left behind.
    private func run(_ commands: String) async throws -> [Finished] {
        let script = """
            set -e
            disk='\(bench.path("disk"))' feedrec='\(Executable.feedrec.path)' n=0
            step() {
                status=0
                timeout 60 "$@" >"$0.$n.out" 2>"$0.$n.err" </dev/null || status=$?
                echo $status
                n=$((n + 1))
            }
            \(commands)
            """
        let file = try bench.write(script, to: "steps.sh")
        let arguments = PrivateMounts.arguments + ["sh", file]
        let finished = try await bench.start(#require(Executable.find("unshare")), arguments).finish()
        try #require(finished.status == 0, "\(finished.errors)")
        return try finished.lines.enumerated().map { index, status in
            Finished(
                status: try #require(Int32(status)),
                output: try String(contentsOfFile: "\(file).\(index).out", encoding: .utf8),
                errors: try String(contentsOfFile: "\(file).\(index).err", encoding: .utf8)
            )
        }
    }

    /// A command line of `feedrec` for the shell.
    private func line(_ arguments: [String]) -> String {
        "\"$feedrec\" " + arguments.map { "'\($0)'" }.joined(separator: " ")
    }
}

/// Whether a process may have mounts of its own: as root, or where user namespaces are open to everybody.
enum PrivateMounts {
    static let arguments = geteuid() == 0 ? ["--mount"] : ["--mount", "--map-root-user"]

    static let reason: Comment = "no mounts of our own are allowed here"

    static let areAllowed: Bool = {
        guard let unshare = Executable.find("unshare") else { return false }
        let process = Process()
        process.executableURL = unshare
        process.arguments = arguments + ["sh", "-c", "mount -t tmpfs tmpfs /mnt && mount -o remount,bind,ro /mnt"]
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }()
}
