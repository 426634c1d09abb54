import Archive
import BarBuilding
import FeedrecTestKit
import Interchange
import MarketModel
import NIOPosix
import Recording
import Replaying
import Transport
import Venues

@testable import feedrec

/// What feedrec does with a feed, through the code of its verbs, on this machine.
struct VerbRuns: Sendable {
    let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    /// Records into an archive until the venue closes the connection; returns the path of the recording.
    func record(_ plan: FeedPlan, into archive: String = "recorded") async throws -> String {
        let feed = try plan.configuration(
            environment: [:],
            pace: RESTPace(),
            group: MultiThreadedEventLoopGroup.singleton
        )
        let writer = try ArchiveWriter.open(directory: directory.file(archive), day: "2026-01-05")
        var policy = RecordingPolicy()
        policy.isOnce = true
        let recorder = Recorder(
            feeds: [feed],
            policy: policy,
            session: SessionFacts.start(.record, feed: feed),
            stop: StopControl(),
            clock: Clocks.monotonic,
            now: Clocks.wall,
            random: Clocks.random,
            report: { _ in }
        )
        do {
            let outcome = try await recorder.run(into: writer)
            await writer.close()
            return outcome.file
        } catch {
            await writer.close()
            throw error
        }
    }

    /// Imports a file of messages; returns the path of the recording.
    func importing(
        _ path: String,
        _ venue: Venue,
        _ reading: VenueReading = VenueReading(),
        bars: [BarInterval] = [],
        configuration: String = "{}"
    ) async throws -> String {
        var importing = MessageImporter.Configuration(
            venue: venue,
            format: nil,
            malformedLines: .fail,
            barIntervals: bars,
            session: SessionFacts.start(.import, configuration: configuration)
        )
        importing.reading = reading
        let archive = directory.file("imported")
        return try await MessageImporter(configuration: importing, report: { _ in })
            .run(paths: [path]) { day throws(ArchiveError) in
                try ArchiveWriter.open(directory: archive, day: day)
            }.summary.file
    }

    /// True if the rows and bars of a recording are those that its raw messages give.
    func isSameAfterRebuild(_ recording: String) throws -> Bool {
        let rebuilder = Rebuilder(
            UpkeepStamp(now: Clocks.wall(), programVersion: "test"),
            isCheck: true,
            barIntervals: [],
            zones: BrokerTimeZone.lookup,
            progress: { _, _ in }
        )
        return try rebuilder.run(recording).isSame
    }

    /// Returns what a client of a path gets of a recording, after its request if it sends one; `symbols` are those that
    /// it may see, `nil` for all.
    func replay(
        _ recording: String,
        _ path: String,
        request: String? = nil,
        symbols: Set<String>? = nil
    ) async throws -> [String] {
        let catalog = try TapeCatalog([try ArchiveReader(path: recording)])
        var options = ReplayOptions()
        options.defaults.speed = .max
        options.defaults.symbols = symbols
        return try await ReadingThreads.with { threads in
            let timers = PlaybackTimers.eventLoops(Clocks.monotonic)
            let server = try ReplayServer(catalog, options: options, pool: threads, timers: timers)
            return try await withServer(server) { running in
                let client = try await connect(running.url + path)
                if let request { try await client.send(request) }
                return try await client.receiveAll().texts
            }
        }
    }
}
