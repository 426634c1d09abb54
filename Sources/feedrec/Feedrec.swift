import ArgumentParser

/// The command line: `feedrec VERB …`.
@main
struct Feedrec: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "feedrec",
        abstract: "A flight recorder for trading feeds: records every message, answers SQL, replays what it recorded.",
        discussion: """
            A first session, all on this machine:

            \(VenueHelp.firstSession)
              feedrec info ./tape
              feedrec sql ./tape "select * from bars limit 5"
              feedrec replay ./tape --listen 127.0.0.1:9000 --speed 10

            Exit status: 0 done, 1 failed, 3 finished with data missing, 64 usage, 130 interrupted.
            """,
        version: Program.version,
        subcommands: [
            RecordCommand.self, StatusCommand.self, ReplayCommand.self, SQLCommand.self, BookCommand.self,
            InfoCommand.self, VerifyCommand.self, ImportCommand.self, ExportCommand.self, RebuildCommand.self,
            CompactCommand.self,
            PruneCommand.self, SimulateCommand.self, ProbeCommand.self, BenchCommand.self,
        ]
    )

    static func main() async {
        if let failure = ThreadLimit.failure() { ExitStatus.exitWithoutThreads(failure) }
        ProcessMemory.shareHeaps()
        Signals.ignoreFailedWrites()
        LibraryLog.install()
        do {
            var command = try parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
            StandardError.drain()
        } catch {
            ExitStatus.exit(for: error)
        }
    }
}

/// Facts about this program.
enum Program {
    static let version = "0.1.0"
}
