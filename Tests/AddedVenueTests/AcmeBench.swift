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

/// Everything that feedrec does with a venue, for Acme: through the code of the verbs, on this machine.
struct AcmeBench: Sendable {
    /// Registered when first used.
    static let venue: Venue = {
        let venue = Venue(AcmeVenue())
        Venue.register(venue)
        return venue
    }()

    let directory = Result { try TemporaryDirectory() }
    static let count = 300
    private static let bars = ["1s"].compactMap { BarInterval(text: $0) }

    func path(_ name: String) throws -> String { try directory.get().file(name) }

    // MARK: simulate

    /// Serves a simulated Acme while `body` runs.
    static func simulate<Value: Sendable>(_ body: @Sendable (_ url: String) async throws -> Value) async throws -> Value
    {
        let setting = SimulationSetting(
            seed: 1,
            ratePerSecond: 1000,
            start: UnixNanoseconds(1_767_605_400_000_000_000)
        )
        let simulation = try venue.definition.simulation(VenueOptionValues(), setting)
        let server = SimulationServer(
            [ServedVenue(venue, simulation.server)],
            policy: ServingPolicy(speed: .max),
            timers: .eventLoops(Clocks.monotonic),
            makeTape: { _ in SimulatedTape(simulation.makeSimulator(), count: Int64(count)) }
        )
        return try await withServer(server) { try await body($0.url + "/acme") }
    }

    // MARK: record

    static func plan(_ url: String) -> FeedPlan {
        var plan = FeedPlan(name: "acme", venue: venue, url: url)
        plan.options.set(AcmeVenue.symbols, ["GOLD", "TEA"])
        plan.bars = bars
        return plan
    }

    /// Records until the venue closes the connection; returns the path of the recording.
    func record(_ url: String) async throws -> String {
        let feed = try Self.plan(url).configuration(
            environment: [:],
            pace: RESTPace(),
            group: MultiThreadedEventLoopGroup.singleton
        )
        let writer = try ArchiveWriter.open(directory: try path("recorded"), day: "2026-01-05")
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

    // MARK: import, rebuild

    /// Imports messages as another program would have stored them; returns the path of the recording.
    func importing(_ messages: [String]) async throws -> String {
        let lines = messages.enumerated().map { "\(1_767_605_400_000_000_000 + $0 * 1_000_000) \($1)\n" }
        let file = try directory.get().write(lines.joined(), to: "acme.txt")
        let importer = MessageImporter(
            configuration: MessageImporter.Configuration(
                venue: Self.venue,
                format: nil,
                malformedLines: .fail,
                barIntervals: Self.bars,
                session: SessionFacts.start(.import, configuration: "{}")
            ),
            report: { _ in }
        )
        let archive = try path("imported")
        return try await importer.run(paths: [file]) { day throws(ArchiveError) in
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

    // MARK: replay

    /// Returns what a client that asks for `request` gets of a recording.
    func replay(_ recording: String, to request: String) async throws -> [String] {
        let catalog = try TapeCatalog([try ArchiveReader(path: recording)])
        var options = ReplayOptions()
        options.defaults.speed = .max
        return try await ReadingThreads.with { threads in
            let timers = PlaybackTimers.eventLoops(Clocks.monotonic)
            let server = try ReplayServer(catalog, options: options, pool: threads, timers: timers)
            return try await withServer(server) { running in
                let client = try await connect(running.url + "/acme")
                try await client.send(request)
                return try await client.receiveAll().texts
            }
        }
    }
}
