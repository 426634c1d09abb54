import ArgumentParser

struct BenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measure this machine.",
        discussion: """
            Numbers are CPU seconds of this process alone: the other side runs in a process of its own.

              feedrec bench ingest
              feedrec bench wire
              feedrec bench journal
              feedrec bench replay
            """,
        subcommands: [
            IngestBench.self, WireBench.self, JournalBench.self, ReplayBench.self, WirePeer.self, ReplayPeer.self,
        ]
    )
}
