import Foundation
import Testing

/// Disks that are full or read-only: small file systems, mounted only for one process and its children.
@Suite(.fewAtOnce, .enabled(if: PrivateMounts.areAllowed, PrivateMounts.reason), .timeLimit(.minutes(5)))
struct BadDirectoryTests {
    private let bench: Workbench

    init() throws {
        bench = try Workbench()
        try FileManager.default.createDirectory(atPath: bench.path("disk"), withIntermediateDirectories: true)
    }

    @Test("a disk without room for a journal is refused")
    func tinyDisk() async throws {
        let (_, url) = try await bench.serve(["simulate", "--venue", "mt4", "--rate", "max"])
        let steps = try await run(
            """
            mount -t tmpfs -o size=8m tmpfs "$disk"
            step \(line(MT4.record(url, into: bench.path("disk/tape"))))
            """
        )
        try #require(steps.count == 1)
        expectFailure(steps[0], naming: "the disk is full", "disk/tape")
    }

    @Test("a full disk pauses the recorder; it continues by itself when there is room, and the gap is exact")
    func fullDisk() async throws {
        let ledger = bench.path("ledger.ndjson")
        let (venue, url) = try await bench.serve(
            ["simulate", "--venue", "mt4", "--rate", "2000", "--ledger", ledger]
        )
        let tape = bench.path("disk/tape")
        let steps = try await run(
            """
            mount -t tmpfs -o size=24m tmpfs "$disk"
            \(line(MT4.record(url, into: tape))) 2>"$0.log" </dev/null &
            recorder=$!
            await_quotes 100
            head -c 30000000 /dev/zero >"$disk/other" 2>/dev/null || true
            until grep -q paused "$0.log"; do sleep 0.1; done
            stored=$(count quote)
            sleep 0.5
            rm "$disk/other"
            until grep -q resumed "$0.log"; do sleep 0.1; done
            await_quotes $((stored + 1000))
            kill -TERM $recorder
            step wait $recorder
            cp -r "$disk/tape" '\(bench.path("copy"))'
            step cat "$0.log"
            """
        )
        venue.terminate()
        _ = try await venue.finish()
        try #require(steps.count == 2)
        // It ended cleanly, and reports that data is missing.
        #expect(steps[1].output.contains("data is missing: 1 gap"), "\(steps[1].output)")
        let copy = bench.path("copy")
        #expect(try await bench.query(copy, "select count(*) from connections") == ["1"])
        try await bench.expectExactGap("disk_full", in: copy, ledger: ledger)
    }

    @Test("kind 3 without an inode for another file the present file continues, and the limit is reported")
    func noInodes() async throws {
        let (_, url) = try await bench.serve(["simulate", "--venue", "mt4", "--rate", "200"])
        let tape = bench.path("disk/tape")
        let steps = try await run(
            """
            mount -t tmpfs -o size=256m,nr_inodes=60 tmpfs "$disk"
            \(line(MT4.record(url, into: tape) + ["--rotate-every", "1s"])) 2>"$0.log" </dev/null &
            recorder=$!
            until grep -q _00002.feedrec "$0.log"; do sleep 0.1; done
            number=0
            while touch "$disk/other$number" 2>/dev/null; do number=$((number + 1)); done
            until grep -q 'cannot start a new file yet' "$0.log"; do sleep 0.1; done
            rm "$disk"/other*
            begun=$(grep -c 'recording into' "$0.log")
            until [ $(grep -c 'recording into' "$0.log") -gt $begun ]; do sleep 0.1; done
            kill -TERM $recorder
            step wait $recorder
            cp -r "$disk/tape" '\(bench.path("copy"))'
            step cat "$0.log"
            """
        )
        try #require(steps.count == 2)
        #expect(steps[0].status == 0, "\(steps[1].output)")
        #expect(steps[1].output.contains("free some space or inodes"), "\(steps[1].output)")
        #expect(try await bench.verify(bench.path("copy")).gaps == 0)
    }

    @Test(
        "killed while the disk is full: the cause is stored even without the journal, and recovery makes the gap exact"
    )
    func killedOnFullDisk() async throws {
        let (venue, url) = try await bench.serve(["simulate", "--venue", "mt4", "--rate", "2000"])
        let steps = try await run(
            """
            mount -t tmpfs -o size=24m tmpfs "$disk"
            \(line(MT4.record(url, into: bench.path("disk/tape")))) 2>"$0.log" </dev/null &
            recorder=$!
            await_quotes 100
            head -c 30000000 /dev/zero >"$disk/other" 2>/dev/null || true
            until grep -q paused "$0.log"; do sleep 0.1; done
            until [ "$(count "gaps where cause = 'disk_full'")" -ge 1 ]; do sleep 0.1; done
            kill -9 $recorder
            wait $recorder || true
            step "$feedrec" sql "$disk/tape" 'select cause from gaps where ts_to is null' --format csv
            cp -r "$disk/tape" '\(bench.path("whole"))'
            cp -r "$disk/tape" '\(bench.path("ledger"))'
            """
        )
        venue.terminate()
        _ = try await venue.finish()
        try #require(steps.count == 1)
        #expect(steps[0].status == 0 && steps[0].lines.dropFirst() == ["disk_full"], "\(steps[0])")
        let (ledger, whole) = (bench.path("ledger"), bench.path("whole"))
        try FileManager.default.removeItem(atPath: ledger + "/journal")
        #expect(try await bench.query(ledger, "select cause from gaps where ts_to is null") == ["disk_full"])
        _ = try await bench.verify(whole)
        #expect(try await bench.query(whole, "select cause from gaps where ts_to is null").contains("disk_full"))
    }

    @Test("a read-only disk can be read, and writing verbs are refused")
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
            step "$feedrec" import messages '\(Excerpt.file)' --venue binance-spot --archive "$disk/new"
            step "$feedrec" verify "$disk/tape"
            step "$feedrec" sql "$disk/tape" 'select count(*) from quotes' --format csv
            """
        )
        try #require(steps.count == 5)
        for step in steps[..<3] { expectFailure(step, naming: "read-only", "disk/") }
        #expect(steps[3].status == 0 && steps[3].output.contains(": sound; 80 messages"), "\(steps[3])")
        #expect(steps[4].status == 0 && steps[4].lines == ["count(*)", "62"])
    }

    /// Runs shell commands with their own mounts; returns the results of each `step COMMAND…`.
    private func run(_ commands: String) async throws -> [Finished] {
        let script = """
            set -e
            disk='\(bench.path("disk"))' feedrec='\(Executable.feedrec.path)' n=0
            step() {
                status=0
                if [ "$1" = wait ]; then limit=; else limit='timeout 60'; fi
                $limit "$@" >"$0.$n.out" 2>"$0.$n.err" </dev/null || status=$?
                echo $status
                n=$((n + 1))
            }
            # Of the only recording on the disk.
            count() { sqlite3 -readonly "$disk"/tape/*.feedrec "select count(*) from $1" 2>/dev/null || echo 0; }
            await_quotes() { until [ "$(count quote)" -ge "$1" ]; do sleep 0.1; done; }
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

    /// Quotes a `feedrec` command line for the shell.
    private func line(_ arguments: [String]) -> String {
        "\"$feedrec\" " + arguments.map { "'\($0)'" }.joined(separator: " ")
    }
}

/// Whether a process may have its own mounts: as root, or if user namespaces are open to every user.
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
