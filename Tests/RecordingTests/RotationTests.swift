import Archive
import BarBuilding
import FeedrecTestKit
import Foundation
import MarketModel
import Testing
import Transport

@testable import Recording

/// Rotation: the boundary between files, and the files that are left.
@Suite(.timeLimit(.minutes(5)))
struct RotationTests {
    private static func trades(_ ids: Range<Int>) -> [String] { ids.map { SpotSample.trade(id: $0) } }

    private static func quotes(_ ids: Range<Int>) -> [String] {
        ids.map { SpotSample.bookTicker(id: $0, bid: "1.5", ask: "1.75") }
    }

    /// Sends a hundred trades, then runs `wait` and sends a hundred more, once for each wait.
    private static func venue(_ waits: [@Sendable () async -> Void]) -> ScriptedVenue {
        ScriptedVenue { connection, _ in
            try await connection.send(MessageBatch(texts: trades(0..<100)))
            for (index, wait) in waits.enumerated() {
                await wait()
                let first = (index + 1) * 100
                try await connection.send(MessageBatch(texts: trades(first..<first + 100)))
            }
        }
    }

    private static func query(_ path: String, _ sql: String) async throws -> [[SQLValue]] {
        var rows: [[SQLValue]] = []
        let session = try SQLSession(recordings: [path])
        try await session.run(sql) { if case .row(let row) = $0 { rows.append(row) } }
        session.close()
        return rows
    }

    /// The feeds of a recorder that is not running, none so far, and the file that they write.
    private static func crew(
        _ bench: RecorderBench,
        _ queue: BoundedQueue<CaptureWork> = BoundedQueue(capacity: 4)
    ) async throws -> (crew: FeedCrew, writer: ArchiveWriter) {
        let writer = try bench.openWriter()
        let recorder = bench.recorder(of: [])
        let place = RecordingPlace(
            writer: writer,
            sessionID: try await writer.beginSession(recorder.session),
            feedID: 0,
            tsBegun: bench.wall.unixNow,
            counter: MessageCounter(next: 0),
            instruments: InstrumentNumbers(writer)
        )
        let rotation = Rotation(
            policy: RotationPolicy(),
            directory: bench.directory.path,
            session: recorder.session,
            durability: .process,
            fileSystem: SystemFileSystem(),
            left: BoundedQueue(capacity: 4),
            keeper: nil
        )
        let pause = StoragePause(stop: bench.stop, clock: bench.clock, isPossible: { true }, report: { _ in })
        return (FeedCrew(recorder, queue: queue, pause: pause, rotation: rotation, place: place), writer)
    }

    @Test("after the last feed has left, the file is not changed any more, whatever the time")
    func withoutFeeds() async throws {
        let bench = try RecorderBench.binance()
        let (crew, writer) = try await Self.crew(bench)
        try await crew.rotate(from: writer, at: bench.wall.unixNow.advanced(by: .seconds(86_400)))
        #expect(await crew.place.writer === writer)
        #expect(try ArchiveLocation(bench.directory.path).files == [writer.path])
        let ended = try await Self.query(writer.path, "SELECT count(*) FROM session WHERE ts_end IS NOT NULL")
        #expect(ended == [[.integer(0)]])
        await writer.close()
    }

    @Test("kind 1 a change of the file that failed half-way is not retried: the session's counts would be 0")
    func halfChanged() async throws {
        let bench = try RecorderBench.binance()
        let queue = BoundedQueue<CaptureWork>(capacity: 4)
        let (crew, writer) = try await Self.crew(bench, queue)
        _ = try await crew.join(bench.feed("ws://127.0.0.1:1"), stop: StopControl())
        queue.abandon()
        let tomorrow = bench.wall.unixNow.advanced(by: .seconds(86_400))
        for _ in 0..<2 {
            await #expect(throws: RecordingError.self) { try await crew.rotate(from: writer, at: tomorrow) }
        }
        #expect(try ArchiveLocation(bench.directory.path).files.count == 2)
        await writer.close()
    }

    @Test("a new day continues in a new file: no message is lost or stored twice, and the old file is sealed")
    func midnight() async throws {
        var bench = try RecorderBench.binance()
        bench.policy.isOnce = true
        bench.policy.rotation = RotationPolicy()
        let run = bench
        let midnight: @Sendable () async -> Void = {
            await run.commit { $0.received == 100 }
            run.wall.advance(by: .seconds(86_400))
        }
        let outcome = try await withServer(Self.venue([midnight])) { server in
            try await run.committing { try await run.recordWithJournal(server.url) }
        }
        #expect(outcome.totals.messagesReceived == 200 && outcome.totals.gaps == 0)
        let files = try ArchiveLocation(bench.directory.path).files
        try #require(files.count == 2 && outcome.file == files[1])
        let stored = try files.map { try StoredRecording(path: $0) }
        for recording in stored { #expect(recording.problems == []) }
        #expect(stored.map(\.received) == [Self.trades(0..<100), Self.trades(100..<200)])
        #expect(stored.map { $0.sessions.map(\.endCause) } == [["rotation"], ["peer_closed"]])
        #expect(stored.map(\.connections.count) == [1, 1])
        #expect(try await Self.query(files[1], "SELECT min(first_message_index) FROM message_block") == [[.integer(0)]])
        // The instrument is the same in both.
        #expect(stored[0].summary.instruments.map(\.instrument) == stored[1].summary.instruments.map(\.instrument))

        let mode = try FileManager.default.attributesOfItem(atPath: files[0])[.posixPermissions] as? Int
        #expect(mode == 0o444 && RecordingName.isSealed(files[0]) && !RecordingName.isSealed(files[1]))
        #expect(!FileManager.default.fileExists(atPath: files[0] + "-wal"))
        let digest = try ArchiveVerifier.verify(ArchiveLocation(files[0])).payloadSHA256
        #expect(
            try await Self.query(files[0], "SELECT message_count, payload_sha256 FROM seal")
                == [[.integer(100), .text(digest)]]
        )
        #expect(try JournalScan(archive: bench.directory.path).isEmpty)
    }

    @Test("data over its limit is pruned after each rotation, while the recording continues")
    func retention() async throws {
        var bench = try RecorderBench.binance()
        bench.policy.isOnce = true
        var rotation = RotationPolicy()
        rotation.retention = RetentionPolicy(raw: .age(.seconds(3600)))
        bench.policy.rotation = rotation
        let run = bench
        let waits = (1...2).map { day -> @Sendable () async -> Void in
            {
                await run.commit { $0.received == day * 100 }
                run.wall.advance(by: .seconds(86_400))
            }
        }
        let isPruned: @Sendable () async -> Void = {
            await run.reports.until { $0.contains { if case .pruned = $0 { true } else { false } } }
        }
        let outcome = try await withServer(Self.venue(waits + [isPruned])) { server in
            try await run.committing { try await run.recordWithJournal(server.url) }
        }
        #expect(outcome.totals.messagesReceived == 400 && outcome.totals.gaps == 0)
        let files = try ArchiveLocation(bench.directory.path).files
        try #require(files.count == 3)
        let pruned = run.reports.all.compactMap { if case .pruned(let outcome) = $0 { outcome } else { nil } }
        #expect(pruned.map(\.file) == [files[0]] && pruned.map(\.rows) == [[.raw: 100]])
        let report = try ArchiveVerifier.verify(ArchiveLocation(bench.directory.path))
        #expect(report.problems == [] && report.recordings.map(\.messagesReceived) == [0, 100, 200])
        #expect(report.recordings.map(\.tradeCount) == [100, 100, 200] && RecordingName.isSealed(files[0]))
    }

    @Test("a bar across the rotation is whole in the later file, and partial in the earlier one")
    func bars() async throws {
        var bench = try RecorderBench.binance()
        bench.policy.isOnce = true
        bench.policy.rotation = RotationPolicy()
        let run = bench
        let waits = (1...2).map { day -> @Sendable () async -> Void in
            {
                await run.commit { $0.received == day * 100 }
                run.wall.advance(by: .seconds(86_400))
            }
        }
        // All trades have the same second in the venue's time.
        _ = try await withServer(Self.venue(waits)) { server in
            try await run.committing { try await run.recordWithJournal(server.url) }
        }
        let files = try ArchiveLocation(bench.directory.path).files
        try #require(files.count == 3)
        var counts: [[SQLValue]] = []
        for file in files { counts += try await Self.query(file, "SELECT tick_count FROM bar WHERE side = 2") }
        #expect(counts == [[.integer(100)], [.integer(200)], [.integer(300)]])
    }

    @Test("a bar continues over a file without messages, and a rebuild of each file finds the same bars")
    func emptyFile() async throws {
        var bench = try RecorderBench.binance()
        bench.policy.rotation = RotationPolicy()
        bench.policy.rotation?.period = .seconds(4)
        bench.watch.silence = .off
        let run = bench
        let first = ScriptedVenue.Scene.talk { connection, _ in
            try await connection.send(MessageBatch(texts: Self.quotes(0..<100)))
            await run.reports.until { $0.received == 100 }
        }
        let second = ScriptedVenue.Scene.talk { connection, _ in
            try await connection.send(MessageBatch(texts: Self.quotes(100..<150)))
            _ = try await connection.receiveAll()
        }
        let (attempts, isReachable) = (EventLog<Int>(), EventLog<Bool>())
        try await withServer(ScriptedVenue([first, second])) { server in
            var feed = run.feed(server.url)
            feed.barIntervals = [BarInterval(text: "1m")].compactMap(\.self)
            feed.connect = { [connect = feed.connect] tap async throws(TransportError) in
                attempts.append(1)
                if attempts.all.count > 1 { _ = await isReachable.until(count: 1) }
                return try await connect(tap)
            }
            let (recorder, writer) = (run.recorder(of: [feed]), try run.openWriter())
            async let outcome = recorder.run(into: writer)
            await run.commit { $0.gapBeginnings == ["disconnect"] }
            for count in 1...2 {
                run.wall.advance(by: .seconds(4))
                await run.commit { $0.rotationCount == count }
            }
            run.wall.advance(by: .seconds(1))
            isReachable.append(true)
            await run.commit { $0.received == 150 }
            run.stop.request(.signal)
            _ = try await outcome
        }
        let files = try ArchiveLocation(run.directory.path).files
        try #require(files.count == 3)
        var counts: [[SQLValue]] = []
        for file in files { counts += try await Self.query(file, "SELECT tick_count FROM bar WHERE side = 0") }
        #expect(counts == [[.integer(100)], [.integer(100)], [.integer(150)]])
        let stamp = UpkeepStamp(now: UnixNanoseconds(0), programVersion: "test")
        let rebuilder = Rebuilder(stamp, isCheck: false, zones: { _ in nil }, archive: files)
        let outcomes = try files.map { try rebuilder.run($0) }
        #expect(outcomes.map(\.messages) == [100, 0, 50])
        #expect(outcomes.map(\.differences) == [[], [], []])
    }

    @Test("a file at its size limit is followed by another of the same day; the next recorder continues in the last")
    func size() async throws {
        var bench = try RecorderBench.binance()
        bench.policy.isOnce = true
        var rotation = RotationPolicy()
        rotation.bytesMax = 1
        bench.policy.rotation = rotation
        for round in 0..<2 {
            bench.stop = StopControl()
            let run = bench
            _ = try await withServer(Self.venue([])) { server in
                try await run.committing { try await run.recordWithJournal(server.url) }
            }
            let names = try ArchiveLocation(bench.directory.path).files.map { $0.split(separator: "/").last ?? "" }
            #expect(names.count > round + 1)
            #expect(Set(names).count == names.count && names == names.sorted())
        }
        var received: [String] = []
        for file in try ArchiveLocation(bench.directory.path).files {
            let stored = try StoredRecording(path: file)
            #expect(stored.problems == [])
            received += stored.received
        }
        #expect(received == Self.trades(0..<100) + Self.trades(0..<100))
    }

    @Test("a file left by a killed recorder is counted and sealed while the next one records, not before")
    func earlier() async throws {
        var bench = try RecorderBench.binance()
        bench.policy.rotation = RotationPolicy()
        let (directory, run) = (bench.directory, bench)
        try await {
            let victim = try await Victim(directory)
            try await victim.open()
            try await victim.commit(victim.read(Self.trades(0..<100)))
            _ = victim.read(Self.trades(100..<150))
            try await victim.die()
        }()
        let lock = try ArchiveLock(directory: directory.path)
        let recovery = ArchiveRecovery(
            directory: directory.path,
            lock: lock,
            zones: { _ in nil },
            countsSessions: false
        )
        #expect(try await recovery.run().messages == 50)
        let next = try RecordingName.current(in: directory.path, day: "2026-01-06")
        try await ArchiveWriter.endEarlier(in: directory.path, except: [next], lock: lock)
        let files = try OwnRecordings.unsealed(in: directory.path)
        try #require(files.count == 1)
        // The next recorder stores since when the feed has been away.
        #expect(try ArchiveReader(path: files[0]).gaps().isEmpty)
        // Nothing has been counted or sealed, and the start does not wait for that.
        let ended = try ArchiveReader(path: files[0]).sessions()
        #expect(ended.map(\.endCause) == ["killed"] && ended.map(\.counts) == [nil])
        #expect(!RecordingName.isSealed(files[0]))
        let writer = try ArchiveWriter.open(file: next, lock: lock)
        let venue = ScriptedVenue { connection, _ in
            try await connection.send(MessageBatch(texts: Self.trades(150..<160)))
            _ = try await connection.receiveAll()
        }
        try await withServer(venue) { server in
            let recorder = run.recorder(of: [run.feed(server.url)])
            async let outcome = recorder.run(into: writer)
            await run.commit { $0.received == 10 && RecordingName.isSealed(files[0]) }
            run.stop.request(.signal)
            _ = try await outcome
        }
        let stored = try StoredRecording(path: files[0])
        #expect(stored.problems == [] && stored.gaps.allSatisfy { $0.tsTo != nil })
        #expect(stored.sessions.first?.counts?.messagesReceived == 150)
    }

    @Test("the names of a day's files are in order of time")
    func names() async throws {
        let directory = try TemporaryDirectory()
        var files: [String] = []
        for _ in 0..<12 {
            let file = try RecordingName.next(in: directory.path, day: "2026-01-05")
            await (try ArchiveWriter.open(file: file)).close()
            files.append(file)
        }
        #expect(files == files.sorted())
        #expect(try RecordingName.current(in: directory.path, day: "2026-01-05") == files.last)
        try FileManager.default.setAttributes([.posixPermissions: 0o444], ofItemAtPath: files[11])
        #expect(try RecordingName.current(in: directory.path, day: "2026-01-05").hasSuffix("2026-01-05_00013.feedrec"))
        #expect(try RecordingName.current(in: directory.path, day: "2026-01-06").hasSuffix("/2026-01-06.feedrec"))
    }

    @Test(
        "whichever file operation or commit fails, the recording is readable and has what was read",
        arguments: [[.allocate, .map, .open], [.sync, .syncDirectory, .rename, .unlink], [.commit]]
            as [Set<FailingFileSystem.Call>]
    )
    func faults(calls: Set<FailingFileSystem.Call>) async throws {
        var number = 1
        while true {
            var bench = try RecorderBench.binance()
            bench.policy.isOnce = true
            bench.policy.durability = .power
            bench.policy.rotation = RotationPolicy()
            let run = bench
            let fileSystem = FailingFileSystem(calls, number: number)
            let midnight: @Sendable () async -> Void = { run.wall.advance(by: .seconds(86_400)) }
            let result = await failure {
                _ = try await withServer(Self.venue([midnight, midnight])) { server in
                    try await run.committing { try await run.recordWithJournal(server.url, fileSystem: fileSystem) }
                }
            }
            let lock = try ArchiveLock(directory: bench.directory.path)
            _ = try await ArchiveRecovery(directory: bench.directory.path, lock: lock, zones: { _ in nil }).run()
            var received: [String] = []
            for file in try ArchiveLocation(bench.directory.path).files {
                let stored = try StoredRecording(path: file)
                #expect(stored.problems == [], "call \(number) of \(calls)")
                received += stored.received
            }
            let isBeginning = received == Self.trades(0..<received.count)
            #expect(
                isBeginning,
                "call \(number) of \(calls): \(received.count) messages, \(String(describing: result))"
            )
            if result == nil { #expect(received.count == 300) }
            if !fileSystem.hasFired { break }
            number += 1
        }
        #expect(number > 1)
    }
}

extension [RecorderReport] {
    fileprivate var rotationCount: Int {
        count { if case .rotated = $0 { true } else { false } }
    }
}
