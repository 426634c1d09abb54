import Archive
import ArgumentParser
import BarBuilding
import MarketModel
import NIOCore
import Recording
import Transport
import Venues

struct RecordCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "record",
        abstract: "Record a feed until told to stop.",
        discussion: """
            Every message goes into the archive byte for byte, with the time it arrived; ticks, margin updates and bars \
            are made from it on the way. A lost connection is opened again for ever, and leaves a gap in the archive. \
            SIGINT, SIGTERM, --duration and --count end a recording with everything stored.

              feedrec record --venue mt4 --url wss://HOST/hubs/mt4/v1 \\
                --trade-platform P --symbol EURUSD --margin --token-env MT4_TOKEN \\
                --bars 1s,1m --archive ./tape
              feedrec record --venue binance-spot \\
                --url wss://data-stream.binance.vision --stream btcusdt@trade \\
                --stream btcusdt@bookTicker --archive ./tape --duration 1h

            A file holds one UTC day at most, and is sealed when the next one begins; --rotate-size and --rotate-every make \
            more of them. What was read and is not yet in a file is in the archive's journal, which outlives 'kill -9'; the \
            next feedrec that opens the archive folds it in.

            A connection that fails before anything was ever recorded ends the program with status 1, since that is \
            usually a mistake in the command; --keep-trying waits for the venue instead.
            """
    )

    @OptionGroup(title: "Feed") var feed: FeedOptions
    @OptionGroup var tokens: TokenOptions

    @Option(help: "Directory of the recordings; made if missing.")
    var archive: String

    @Option(help: "Lengths of the bars to build, such as 1s,1m.")
    var bars = BarIntervalsArgument.standard

    @Option(help: "Stop after this time, such as 30s, 5m or 2h.")
    var duration: DurationArgument?

    @Option(help: "Stop after this many messages with data.")
    var count: Int64?

    @OptionGroup var files: FileOptions

    @Flag(help: "Stop when the peer closes, instead of connecting again.")
    var once = false

    @Flag(help: "Go on trying when the first connection fails, too.")
    var keepTrying = false

    @Flag(help: "Print what was recorded as JSON at the end.")
    var json = false

    func validate() throws {
        if let count, count < 1 { throw ValidationError("--count must be at least 1") }
    }

    func run() async throws {
        // A missing token is a mistake in the command; later it is read again for every connection.
        _ = try tokens.token()
        let (outcome, reporter) = try await withEventLoop { group in
            let configuration = try feed.configuration(
                token: { [tokens] in try tokens.token() },
                bars: bars.intervals,
                group: group
            )
            let opened = try await OpenedArchive(directory: archive, files)
            let writer = opened.writer
            let reporter = RecordingReporter(file: writer.path)
            let stop = StopControl()
            let signals = Signals.onStop { stop.request(.signal) }
            var recorder = Recorder(
                feed: configuration,
                policy: policy,
                session: SessionFacts.start(.record, feed: configuration),
                stop: stop,
                clock: Clocks.monotonic,
                now: Clocks.wall,
                report: { reporter.report($0) }
            )
            recorder.journal = opened.journal
            recorder.carriedGaps = opened.carriedGaps
            let result = await Self.result(of: recorder, into: writer, for: duration?.duration)
            withExtendedLifetime(signals) {}
            await writer.close()
            reporter.end()
            try opened.close(isStored: (try? result.get()) != nil || !(Self.failure(of: result) is ArchiveError))
            return (try result.get(), reporter)
        }
        try reporter.finish(outcome, json: json)
    }

    private var policy: RecordingPolicy {
        var policy = RecordingPolicy()
        policy.dataMessagesMax = count
        policy.isOnce = once
        policy.retriesFirstConnection = keepTrying
        policy.rotation = files.rotation
        policy.durability = files.durability
        return policy
    }

    private static func failure(of result: Result<RecordingOutcome, any Error>) -> (any Error)? {
        if case .failure(let error) = result { error } else { nil }
    }

    /// Runs the recorder beside the timer that stops it.
    private static func result(
        of recorder: Recorder,
        into writer: ArchiveWriter,
        for duration: Duration?
    ) async -> Result<RecordingOutcome, any Error> {
        await withTaskGroup(of: Result<RecordingOutcome, any Error>?.self) { group in
            group.addTask {
                do { return .success(try await recorder.run(into: writer)) } catch { return .failure(error) }
            }
            if let duration {
                group.addTask {
                    if (try? await Clocks.monotonic.sleep(for: duration)) != nil { recorder.stop.request(.duration) }
                    return nil
                }
            }
            for await result in group {
                guard let result else { continue }
                group.cancelAll()
                return result
            }
            return .failure(CancellationError())
        }
    }
}

extension BarIntervalsArgument {
    /// One second and one minute.
    static var standard: BarIntervalsArgument {
        BarIntervalsArgument(intervals: ["1s", "1m"].compactMap { BarInterval(text: $0) })
    }

    private init(intervals: [BarInterval]) {
        self.intervals = intervals
    }
}

extension BarIntervalsArgument: CustomStringConvertible {
    var description: String { intervals.map(\.description).joined(separator: ",") }
}
