import Archive
import BarBuilding
import FeedrecTestKit
import JournalFormat
import MarketModel
import Testing
import Transport
import Venues
import WebSocketProtocol

@testable import Recording

/// A recorder that records a loopback venue into a temporary archive, with clocks that the test controls.
struct RecorderBench: Sendable {
    let directory: TemporaryDirectory
    /// Controls commits and delays.
    var clock = ManualClock()
    /// The monotonic clock, and the wall clock unless `now` is set; separate, so that commits do not make a venue look
    /// silent.
    var wall = ManualClock()
    var stop = StopControl()
    var reports = EventLog<RecorderReport>()
    var policy = RecordingPolicy()
    var venue: Venue
    var makeDialect: @Sendable () -> any VenueDialect
    var limits = WebSocketLimits()
    var watch = WatchRules()
    var overlap = OverlapRules()
    var market = MarketRules()
    /// The wall clock, if it differs from the monotonic one, which `wall` then is.
    var now: (@Sendable () -> UnixNanoseconds)?
    var readKernel: @Sendable () -> KernelClockReading? = { nil }
    var pongTimeout: Duration?
    var commits: CommitStream?
    /// The recorder's random numbers; different for each bench, but the same for the same seed.
    let random = TestRandom.source()

    private init(_ venue: Venue, _ makeDialect: @escaping @Sendable () -> any VenueDialect) throws {
        directory = try TemporaryDirectory()
        self.venue = venue
        self.makeDialect = makeDialect
    }

    /// Records a feed that counts as subscribed from its first message on.
    static func binance() throws -> RecorderBench {
        try RecorderBench(.binanceSpot) { BinanceDialect(streams: []) }
    }

    /// Records a hub that requires a handshake and calls.
    static func hub(
        _ subscription: MT4Subscription = MT4Subscription(tradePlatform: "P", symbols: ["EURUSD"])
    ) throws -> RecorderBench {
        try RecorderBench(.mt4) { MT4Dialect(subscription) }
    }

    func openWriter() throws -> ArchiveWriter {
        try ArchiveWriter.open(directory: directory.path, day: "2026-01-05")
    }

    /// Records `url` to the end and closes the archive.
    func record(_ url: String) async throws -> RecordingOutcome {
        let writer = try openWriter()
        do {
            let outcome = try await record(url, into: writer)
            await writer.close()
            return outcome
        } catch {
            await writer.close()
            throw error
        }
    }

    /// Records with a journal, and closes both.
    func recordWithJournal(
        _ url: String,
        fileSystem: any FileSystem = SystemFileSystem()
    ) async throws -> RecordingOutcome {
        let writer = try ArchiveWriter.open(directory: directory.path, day: "2026-01-05", fileSystem: fileSystem)
        var configuration = Journal.Configuration(directory: directory.path)
        configuration.segmentBytes = 1 << 14
        configuration.durability = policy.durability
        configuration.fileSystem = fileSystem
        let journal: Journal
        do { journal = try Journal(configuration) } catch {
            await writer.close()
            throw error
        }
        do {
            let outcome = try await record(url, into: writer, journal: journal, fileSystem: fileSystem)
            await writer.close()
            try journal.close(isStored: true)
            return outcome
        } catch {
            await writer.close()
            try journal.close(isStored: false)
            throw error
        }
    }

    func record(
        _ url: String,
        into writer: ArchiveWriter,
        journal: Journal? = nil,
        fileSystem: any FileSystem = SystemFileSystem()
    ) async throws -> RecordingOutcome {
        var recorder = recorder(of: [feed(url)])
        recorder.journal = journal
        recorder.fileSystem = fileSystem
        return try await recorder.run(into: writer)
    }

    /// A feed of the venue at `url`.
    func feed(_ url: String, name: String = "test") -> FeedConfiguration {
        let (limits, pongTimeout, now) = (limits, pongTimeout, time)
        var feed = FeedConfiguration(
            name: name,
            venue: venue,
            url: url,
            subscription: "{}",
            barIntervals: [BarInterval(text: "1s")].compactMap { $0 },
            makeDialect: makeDialect,
            connect: { tap async throws(TransportError) in
                try await connect(url, limits: limits, tap: tap, pongTimeout: pongTimeout, now: now)
            }
        )
        feed.watch = watch
        feed.overlap = overlap
        feed.market = market
        feed.secrets = FeedSecrets(["SECRET-token"])
        return feed
    }

    func recorder(of feeds: [FeedConfiguration]) -> Recorder {
        let (wall, reports) = (wall, reports)
        var recorder = Recorder(
            feeds: feeds,
            policy: policy,
            session: SessionStart(
                kind: .record,
                tsStart: wall.unixNow,
                host: nil,
                programVersion: "test",
                configuration: "{}"
            ),
            stop: stop,
            clock: clock,
            now: time,
            random: random,
            report: { reports.append($0) }
        )
        recorder.steady = { wall.unixNow }
        recorder.commits = commits
        recorder.clockRules.readKernel = readKernel
        return recorder
    }

    private var time: @Sendable () -> UnixNanoseconds {
        now ?? { [wall] in wall.unixNow }
    }

    /// Advances the commit clock, commit by commit, until the reports satisfy the condition, or the test's time is
    /// over.
    func commit(until isSatisfied: @escaping @Sendable ([RecorderReport]) -> Bool) async {
        var count = 0
        while !isSatisfied(reports.all), !Task.isCancelled {
            // The sleeper may also be a reconnect delay, so this cannot wait for the ticker itself.
            await clock.untilSleeping(count: 1)
            clock.advance(by: policy.commitInterval)
            count += 1
            await Self.rest(after: count)
        }
    }

    /// Runs `body` while the commit clock advances whenever a task sleeps on it.
    func committing<Result: Sendable>(
        _ body: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        try await withThrowingTaskGroup(of: Result?.self) { group in
            group.addTask { try await body() }
            group.addTask {
                var count = 0
                while !Task.isCancelled {
                    await clock.untilSleeping(count: 1)
                    clock.advance(by: policy.commitInterval)
                    count += 1
                    await Self.rest(after: count)
                }
                return nil
            }
            defer { group.cancelAll() }
            while let result = try await group.next() { if let result { return result } }
            throw CancellationError()
        }
    }

    /// Leaves the processor to the network after many commits in a row.
    ///
    /// Each commit adds a report, and each report makes the waiting test check all reports. Without a rest, this takes
    /// far more time than what the test receives.
    private static func rest(after commits: Int) async {
        guard commits >= 100 else { return await Task.yield() }
        await NetworkTurns.wait(min(commits / 10, 100))
    }

    /// The content of the archive after the recording.
    func stored() throws -> StoredRecording {
        try StoredRecording(directory)
    }
}

extension [RecorderReport] {
    var progressCount: Int { count { if case .progress = $0 { true } else { false } } }
    var subscribedCount: Int { count { if case .subscribed = $0 { true } else { false } } }
    var connectedCount: Int { count { if case .connected = $0 { true } else { false } } }

    var marketChanges: [Bool] {
        compactMap {
            switch $0 {
            case .marketOpened: true
            case .marketClosed: false
            default: nil
            }
        }
    }

    /// The reasons and delays of lost connections.
    var disconnections: [(reason: String, retryIn: Duration)] {
        compactMap { if case .disconnected(let reason, let retryIn) = $0 { (reason, retryIn) } else { nil } }
    }

    /// Messages received, by the latest report.
    var received: Int64 {
        for case .progress(let totals) in reversed() { return totals.messagesReceived }
        return 0
    }
}

/// The whole content of a finished recording, checked by the verifier.
struct StoredRecording {
    struct Message: Hashable {
        let connectionID: Int64
        let direction: MessageDirection
        let tsRecv: UnixNanoseconds
        let text: String
    }

    let problems: [VerifyProblem]
    let sessions: [SessionRow]
    let connections: [ConnectionRow]
    let gaps: [GapRow]
    let summary: RecordingSummary
    private(set) var messages: [Message] = []

    init(_ directory: TemporaryDirectory) throws {
        try self.init(path: directory.path)
    }

    /// Opens an archive with one recording, or one recording.
    init(path: String) throws {
        let location = try ArchiveLocation(path)
        problems = try ArchiveVerifier.verify(location).problems
        let reader = try ArchiveReader(path: location.files[0])
        sessions = try reader.sessions()
        connections = try reader.connections()
        gaps = try reader.gaps()
        summary = try reader.summary()
        var cursor = try reader.messages()
        while let run = try cursor.next() {
            for index in run.range {
                let entry = run.block.batch.entries[index]
                let text = String(decoding: run.block.batch.payload(at: index), as: UTF8.self)
                messages.append(
                    Message(
                        connectionID: run.connectionID,
                        direction: entry.direction,
                        tsRecv: entry.tsRecv,
                        text: text
                    )
                )
            }
        }
    }

    var received: [String] { messages.filter { $0.direction == .received }.map(\.text) }
    var sent: [String] { messages.filter { $0.direction == .sent }.map(\.text) }
}

/// The error that `body` throws; nil if it throws none.
func failure(of body: () async throws -> Void) async -> (any Error)? {
    do {
        try await body()
        return nil
    } catch {
        return error
    }
}
