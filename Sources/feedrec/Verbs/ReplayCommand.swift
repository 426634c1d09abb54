import Archive
import ArgumentParser
import MarketModel
import Replaying

struct ReplayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Serve a recording to the venue's own clients and to backtests.",
        discussion: """
            Every client gets the tape from its start, once it has subscribed, and a normal close (1000) at the end.

              feedrec replay ./tape --listen 127.0.0.1:9000
              feedrec replay ./tape --listen 127.0.0.1:9000 --speed max \\
                --from 2026-01-05T09:30:00Z

            Paths: the venue's own (/hubs/mt4/v1, /ws/btcusdt@trade, /stream?streams=…) send what the venue sent, byte \
            for byte. /replay sends one JSON object an event and a summary at the end; it takes symbols, from, to and \
            speed in its query: ws://127.0.0.1:9000/replay?speed=max&symbols=BTCUSDT
            """
    )

    @Argument(help: "A recording, or a directory of recordings.")
    var archive: String

    @OptionGroup var server: ServerOptions
    @OptionGroup var tokens: TokenOptions

    @Option(help: "1 for the recorded pace, 10 for ten times that, max for as fast as the client takes it.")
    var speed = PlaybackSpeed.factor(1)

    @Option(help: "Only these symbols, with commas between them.")
    var symbols: String?

    @Option(help: "Start at this receive time: ISO 8601 or nanoseconds since 1970.")
    var from: TimeArgument?

    @Option(help: "End before this receive time.")
    var to: TimeArgument?

    func run() async throws {
        try await JournalNotice.fold([archive])
        let token = try tokens.token()
        var readers: [ArchiveReader] = []
        for file in try ArchiveLocation(archive).files { readers.append(try ArchiveReader(path: file)) }
        let selected = symbols.map { Set($0.split(separator: ",").map(String.init)) }
        let range = ReadRange(
            from: from?.time ?? UnixNanoseconds(.min),
            to: to?.time ?? UnixNanoseconds(.max)
        )
        var policy = ServingPolicy(speed: speed)
        policy.token = token
        policy.symbols = selected
        policy.allowedOrigins = server.origins
        let replay = try ReplayServer(
            readers: readers,
            selection: .init(range: range, symbols: selected),
            policy: policy,
            clock: Clocks.monotonic
        )
        try await server.serve(replay, hasToken: token != nil)
    }
}
