import ArgumentParser

struct BenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measure this machine.",
        discussion: """
            CPU seconds are those of this process alone. The other side runs in a separate process.

              feedrec bench ingest
              feedrec bench wire
              feedrec bench journal
              feedrec bench normalise
              feedrec bench replay
              feedrec bench book
            """,
        subcommands: [
            IngestBench.self, WireBench.self, JournalBench.self, NormaliseBench.self, ReplayBench.self, BookBench.self,
            WirePeer.self, ReplayPeer.self,
        ]
    )
}
