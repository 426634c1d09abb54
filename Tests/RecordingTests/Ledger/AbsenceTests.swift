import Archive
import FeedrecTestKit
import MarketModel
import Testing
import Transport

@testable import Recording

/// The time in which no recorder ran, or none recorded a feed, is one gap, in whichever files its ends are stored.
@Suite(.timeLimit(.minutes(5)))
struct AbsenceTests {
    /// A venue that sends ten trades to each client.
    private static func venue(_ symbol: String = "BTCUSDT") -> ScriptedVenue {
        ScriptedVenue { connection, _ in
            try await connection.send(MessageBatch(texts: (0..<10).map { SpotSample.trade(symbol, id: $0) }))
            _ = try await connection.receiveAll()
        }
    }

    /// Records ten messages, and whatever `more` waits for, into the file of a day.
    private func record(
        _ bench: RecorderBench,
        into file: String,
        until more: @escaping @Sendable () -> Bool = { true }
    ) async throws -> RecordingOutcome {
        var run = bench
        run.stop = StopControl()
        let (next, count) = (run, bench.reports.all.count)
        return try await withServer(Self.venue()) { server in
            let writer = try ArchiveWriter.open(file: file)
            async let outcome = next.recorder(of: [next.feed(server.url)]).run(into: writer)
            await next.commit { Array($0.dropFirst(count)).received == 10 && more() }
            next.stop.request(.signal)
            return try await outcome
        }
    }

    @Test("kind 1 a stop and a start leave one gap, which counts against coverage but is not a loss of the second run")
    func stopAndStart() async throws {
        let bench = try RecorderBench.binance()
        let (file, start) = (bench.directory.file("2026-01-05.feedrec"), bench.wall.unixNow)
        for run in 0..<3 {
            let outcome = try await record(bench, into: file)
            #expect(outcome.totals.gaps == 0)
            let stored = try bench.stored()
            #expect(stored.problems == [])
            #expect(stored.gaps.map(\.cause) == Array(repeating: "restart", count: run))
            #expect(stored.gaps.allSatisfy { $0.detail == "the recorder was stopped" })
            // Ten messages come with each run, and their moments count as a second in all.
            #expect(stored.gaps.map(\.estimatedCount) == (0..<run).map { Int64($0 + 1) * 600 })
            #expect(stored.gaps.map { $0.tsFrom.since(start) } == (0..<run).map { .seconds($0 * 60) })
            #expect(stored.gaps.map { $0.tsTo?.since(start) } == (0..<run).map { .seconds($0 * 60 + 60) })
            #expect(stored.sessions.map { $0.counts?.gapCount } == (0...run).map { $0 == 0 ? 0 : 1 })
            #expect(try Coverage(ArchiveReader(path: file)).least == (run == 0 ? 1 : 0))
            bench.wall.advance(by: .seconds(60))
        }
    }

    @Test("kind 1 an absence across sealed files has one row, in the file that ends it")
    func sealed() async throws {
        var bench = try RecorderBench.binance()
        bench.policy.rotation = RotationPolicy()
        let files = (5...7).map { [bench] in bench.directory.file("2026-01-0\($0).feedrec") }
        _ = try await record(bench, into: files[0])
        bench.wall.advance(by: .seconds(86_400))
        _ = try await record(bench, into: files[1]) { RecordingName.isSealed(files[0]) }
        bench.wall.advance(by: .seconds(86_400))
        let outcome = try await record(bench, into: files[2]) { RecordingName.isSealed(files[1]) }
        #expect(outcome.totals.gaps == 0)
        let stored = try files.map { try StoredRecording(path: $0) }
        #expect(stored.allSatisfy { $0.problems.isEmpty })
        #expect(stored.map(\.gaps.count) == [0, 1, 1])
        let start = ManualClock().unixNow
        #expect(stored[2].gaps.map { $0.tsFrom.since(start) } == [.seconds(86_400)])
        #expect(stored[2].gaps.map { $0.tsTo?.since(start) } == [.seconds(2 * 86_400)])
        #expect(stored[2].gaps.map(\.estimatedCount) == [2 * 864_000], "both files have moments of data")
    }

    @Test("kind 1 a killed recorder whose file is not continued leaves one gap, in the next file")
    func killed() async throws {
        let bench = try RecorderBench.binance()
        let (first, second) = (
            bench.directory.file("2026-01-05.feedrec"), bench.directory.file("2026-01-05_00002.feedrec")
        )
        try await {
            let victim = try await Victim(bench.directory)
            try await victim.open()
            try await victim.commit(victim.read((0..<10).map { SpotSample.trade(id: $0) }))
            _ = victim.read((10..<20).map { SpotSample.trade(id: $0) })
            try await victim.die()
        }()
        try await RecoveryTests.recover(bench.directory)
        #expect(try ArchiveReader(path: first).gaps().map(\.tsTo) == [nil], "a reader sees that data is missing")
        let lock = try ArchiveLock(directory: bench.directory.path)
        try await ArchiveWriter.endEarlier(in: bench.directory.path, except: [second], lock: lock)
        withExtendedLifetime(lock) {}
        bench.wall.advance(by: .seconds(60))
        _ = try await { [lock] in
            var run = bench
            run.stop = StopControl()
            let next = run
            return try await withServer(Self.venue()) { server in
                let writer = try ArchiveWriter.open(file: second, lock: lock)
                async let outcome = next.recorder(of: [next.feed(server.url)]).run(into: writer)
                await next.commit { $0.received == 10 }
                next.stop.request(.signal)
                return try await outcome
            }
        }()
        let stored = try [first, second].map { try StoredRecording(path: $0) }
        #expect(stored.allSatisfy { $0.problems.isEmpty })
        #expect(stored.map(\.gaps.count) == [0, 1])
        let gap = try #require(stored[1].gaps.first)
        #expect(gap.cause == "restart" && gap.detail == "the recorder was killed")
        #expect(bench.reports.all.gapBeginnings == ["restart"] && bench.reports.all.gapEndings == ["restart"])
        #expect(gap.tsFrom == Victim.start.advanced(by: .milliseconds(19)))
        #expect(gap.tsTo == Victim.start.advanced(by: .seconds(60)))
    }

    @Test(
        "kind 1 a kill during a gap ends that gap where the recorder was last alive, and another gap begins there",
        arguments: ["disk_full", "overload", "upstream", "disconnect"]
    )
    func killedInGap(cause: String) async throws {
        let directory = try TemporaryDirectory()
        let isStorage = cause == "disk_full" || cause == "overload"
        try await {
            let victim = try await Victim(directory)
            try await victim.open()
            try await victim.commit(victim.read((0..<10).map { SpotSample.trade(id: $0) }))
            var batch = WriteBatch()
            batch.gaps = [
                GapRow(
                    gapID: victim.writer.makeGapID(),
                    sessionID: 1,
                    feedID: victim.feedID,
                    tsFrom: Victim.start.advanced(by: .milliseconds(9)),
                    cause: cause
                )
            ]
            try await victim.writer.write(batch)
            // The messages that no file has are in the journal.
            if isStorage { _ = victim.read((10..<20).map { SpotSample.trade(id: $0) }) }
            try await victim.die()
        }()
        try await RecoveryTests.recover(directory)
        let stored = try StoredRecording(directory)
        #expect(stored.problems == [] && stored.received.count == (isStorage ? 20 : 10))
        let alive = Victim.start.advanced(by: .milliseconds(isStorage ? 19 : 9))
        #expect(stored.gaps.map(\.cause) == [cause, "restart"])
        #expect(stored.gaps.map(\.tsFrom) == [alive, alive])
        #expect(stored.gaps.map(\.tsTo) == [alive, nil] && stored.gaps[0].estimatedCount == 0)
    }

    @Test("kind 1 a feed that was removed and added again has a gap between, and other feeds have none")
    func removed() async throws {
        let bench = try RecorderBench.binance()
        try await withServer(Self.venue()) { server in
            try await withServer(Self.venue("ETHUSDT")) { another in
                var run = bench.recorder(of: [])
                run.policy.retriesFirstConnection = true
                let (other, feed) = (bench.feed(another.url, name: "other"), bench.feed(server.url))
                run.feeds = [other, feed]
                let started = run
                let writer = try bench.openWriter()
                async let outcome = started.run(into: writer)
                await bench.commit { $0.subscribedCount == 2 }
                await bench.commit { _ in (try? ArchiveReader(path: writer.path).lastMessageIndex()) == 19 }
                bench.wall.advance(by: .seconds(5))
                var change = FeedChange()
                change.removed = ["test"]
                await started.changes.apply(change)
                await bench.commit { _ in
                    (try? ArchiveReader(path: writer.path).connections().contains { $0.closed != nil }) == true
                }
                bench.wall.advance(by: .seconds(60))
                change = FeedChange()
                change.added = [feed]
                await started.changes.apply(change)
                await bench.commit { $0.gapEndings == ["restart"] }
                bench.stop.request(.signal)
                let ended = try await outcome
                #expect(ended.totals.gaps == 1, "the gap began and ended in this run")
            }
        }
        let stored = try bench.stored()
        #expect(stored.problems == [])
        #expect(stored.gaps.map(\.cause) == ["restart"])
        let gap = try #require(stored.gaps.first)
        #expect(gap.detail?.hasPrefix("the feed was removed") == true)
        let start = ManualClock().unixNow
        #expect(gap.tsFrom.since(start) == .seconds(5) && gap.tsTo?.since(start) == .seconds(65))
    }

    /// Records a venue that refuses each attempt, for a minute.
    private func recordNothing(_ bench: RecorderBench, into file: String) async throws -> RecordingOutcome {
        var run = bench
        run.stop = StopControl()
        run.policy.retriesFirstConnection = true
        let (next, count) = (run, bench.reports.all.count)
        let busy = ScriptedVenue.Scene.refuse(HTTPResponse(status: 503, text: "busy"))
        return try await withServer(ScriptedVenue(Array(repeating: busy, count: 20))) { server in
            let writer = try ArchiveWriter.open(file: file)
            async let outcome = next.recorder(of: [next.feed(server.url)]).run(into: writer)
            await next.commit { !Array($0.dropFirst(count)).disconnections.isEmpty }
            next.wall.advance(by: .seconds(60))
            next.stop.request(.signal)
            return try await outcome
        }
    }

    @Test("kind 1 runs that bring nothing and are stopped belong to one absence, which is counted once")
    func emptyRuns() async throws {
        let bench = try RecorderBench.binance()
        let (file, start) = (bench.directory.file("2026-01-05.feedrec"), bench.wall.unixNow)
        _ = try await record(bench, into: file)
        for _ in 0..<2 {
            bench.wall.advance(by: .seconds(60))
            let empty = try await recordNothing(bench, into: file)
            #expect(empty.totals.gaps == 1)
            let stored = try bench.stored()
            #expect(stored.problems == [] && stored.gaps.map(\.tsTo) == [nil], "data is missing still")
            #expect(try Coverage(ArchiveReader(path: file)).least == 0)
        }
        bench.wall.advance(by: .seconds(60))
        let outcome = try await record(bench, into: file)
        #expect(outcome.totals.gaps == 0)
        let stored = try bench.stored()
        #expect(stored.problems == [])
        #expect(stored.gaps.map(\.cause) == ["restart"])
        #expect(stored.gaps.map { $0.tsFrom.since(start) } == [.zero])
        #expect(stored.gaps.map { $0.tsTo?.since(start) } == [.seconds(300)])
        #expect(stored.gaps.map(\.estimatedCount) == [3000])
        #expect(stored.gaps.map(\.detail) == ["the recorder was stopped"])
        #expect(try Coverage(ArchiveReader(path: file)).least == 0)
    }

    @Test("kind 1 an absence with a run that brought nothing, in an earlier file, has a row in each")
    func emptyRunBeforeRotation() async throws {
        let bench = try RecorderBench.binance()
        let start = bench.wall.unixNow
        let files = (5...6).map { bench.directory.file("2026-01-0\($0).feedrec") }
        _ = try await record(bench, into: files[0])
        for _ in 0..<2 {
            bench.wall.advance(by: .seconds(60))
            _ = try await recordNothing(bench, into: files[0])
        }
        bench.wall.advance(by: .seconds(86_400))
        try await {
            let lock = try ArchiveLock(directory: bench.directory.path)
            try await ArchiveWriter.endEarlier(in: bench.directory.path, except: [files[1]], lock: lock)
        }()
        _ = try await record(bench, into: files[1])
        let stored = try files.map { try StoredRecording(path: $0) }
        #expect(stored.allSatisfy { $0.problems.isEmpty })
        let gaps = stored.flatMap(\.gaps)
        #expect(stored.map(\.gaps.count) == [1, 1])
        #expect(gaps.map { $0.tsFrom.since(start) } == [.zero, .seconds(240)])
        #expect(gaps.map { $0.tsTo?.since(start) } == [.seconds(240), .seconds(86_640)])
        #expect(gaps.map(\.estimatedCount) == [2400, 864_000])
        #expect(gaps.allSatisfy { $0.detail == "the recorder was stopped" })
        #expect(try Coverage(ArchiveReader(path: files[0])).least == 0)
    }

    @Test("kind 1 an outage over a rotation has a row in each file, and begins and ends once for the log")
    func outageOverRotation() async throws {
        var bench = try RecorderBench.binance()
        bench.policy.rotation = RotationPolicy()
        bench.watch.silence = .off
        let run = bench
        let first = ScriptedVenue.Scene.talk { connection, _ in
            try await connection.send(MessageBatch(texts: [SpotSample.trade(id: 1)]))
            await run.reports.until { $0.received == 1 }
        }
        let second = ScriptedVenue.Scene.talk { connection, _ in
            await run.reports.until { reports in reports.contains { if case .rotated = $0 { true } else { false } } }
            try await connection.send(MessageBatch(texts: [SpotSample.trade(id: 2)]))
            _ = try await connection.receiveAll()
        }
        try await withServer(ScriptedVenue([first, second])) { server in
            async let outcome = run.record(server.url)
            await run.commit { $0.gapBeginnings == ["disconnect"] }
            run.wall.advance(by: .seconds(86_400))
            await run.commit { $0.gapEndings == ["disconnect"] }
            run.stop.request(.signal)
            let gaps = try await outcome.totals.gaps
            #expect(gaps == 2)
        }
        #expect(run.reports.all.gapBeginnings == ["disconnect"])
        let files = try ArchiveLocation(run.directory.path).files
        let stored = try files.map { try StoredRecording(path: $0) }
        #expect(stored.allSatisfy { $0.problems.isEmpty })
        #expect(stored.map { $0.gaps.map(\.cause) } == [["disconnect"], ["disconnect"]])
        #expect(stored.first?.gaps.first?.tsTo == stored.last?.gaps.first?.tsFrom)
    }

    @Test("kind 1 a feed that was removed, before its recorder was stopped, was missed since it was removed")
    func removedBeforeStop() async throws {
        let bench = try RecorderBench.binance()
        let outcome = try await withServer(Self.venue()) { server in
            try await withServer(Self.venue("ETHUSDT")) { another in
                let feeds = [bench.feed(another.url, name: "other"), bench.feed(server.url)]
                for run in 0..<2 {
                    var next = bench
                    next.stop = StopControl()
                    let (count, started) = (bench.reports.all.count, next.recorder(of: feeds))
                    let writer = try next.openWriter()
                    async let outcome = started.run(into: writer)
                    await next.commit { Array($0.dropFirst(count)).subscribedCount == 2 }
                    if run == 0 {
                        var change = FeedChange()
                        change.removed = ["test"]
                        await started.changes.apply(change)
                        await next.commit { _ in
                            (try? ArchiveReader(path: writer.path).connections().contains { $0.closed != nil }) == true
                        }
                        next.wall.advance(by: .seconds(60))
                    }
                    next.stop.request(.signal)
                    let ended = try await outcome
                    #expect(ended.totals.gaps == 0)
                    next.wall.advance(by: .seconds(60))
                }
                return try bench.stored()
            }
        }
        #expect(outcome.problems == [])
        let gaps = outcome.gaps.sorted { $0.tsFrom < $1.tsFrom }
        #expect(gaps.map { $0.detail?.prefix(20) } == ["the feed was removed", "the recorder was sto"])
        #expect(gaps.map { gap in gap.tsTo.map { $0.since(gap.tsFrom) } } == [.seconds(120), .seconds(60)])
    }

    @Test("kind 1 a feed that SIGHUP removed in one run and adds in the next is a gap of the run that adds it")
    func addedInNextRun() async throws {
        let bench = try RecorderBench.binance()
        try await withServer(Self.venue()) { server in
            try await withServer(Self.venue("ETHUSDT")) { another in
                let (other, feed) = (bench.feed(another.url, name: "other"), bench.feed(server.url))
                for run in 0..<2 {
                    var next = bench
                    next.stop = StopControl()
                    let started = next.recorder(of: run == 0 ? [other, feed] : [other])
                    let count = bench.reports.all.count
                    let writer = try next.openWriter()
                    async let outcome = started.run(into: writer)
                    await next.commit { [run] in Array($0.dropFirst(count)).subscribedCount == 2 - run }
                    var change = FeedChange()
                    if run == 0 { change.removed = ["test"] } else { change.added = [feed] }
                    await started.changes.apply(change)
                    await next.commit { [run] reports in
                        guard run == 0 else { return Array(reports.dropFirst(count)).subscribedCount == 2 }
                        let connections = (try? ArchiveReader(path: writer.path).connections()) ?? []
                        return connections.contains { $0.closed != nil }
                    }
                    next.stop.request(.signal)
                    let ended = try await outcome
                    #expect(ended.totals.gaps == Int64(run))
                    next.wall.advance(by: .seconds(60))
                }
            }
        }
        let stored = try bench.stored()
        #expect(stored.problems == [] && stored.gaps.map(\.cause) == ["restart", "restart"])
    }

    @Test("kind 1 a start whose first attempt fails counts as lost data of its own")
    func failedStart() async throws {
        var bench = try RecorderBench.binance()
        let file = bench.directory.file("2026-01-05.feedrec")
        _ = try await record(bench, into: file)
        bench.policy.retriesFirstConnection = true
        bench.stop = StopControl()
        let (run, count) = (bench, bench.reports.all.count)
        let busy = ScriptedVenue.Scene.refuse(HTTPResponse(status: 503, text: "busy"))
        let good = ScriptedVenue.Scene.talk { connection, _ in
            try await connection.send(SpotSample.trade(id: 11))
            _ = try await connection.receiveAll()
        }
        let outcome = try await withServer(ScriptedVenue([busy, good])) { server in
            let writer = try run.openWriter()
            async let outcome = run.recorder(of: [run.feed(server.url)]).run(into: writer)
            await run.commit { Array($0.dropFirst(count)).subscribedCount == 1 }
            run.stop.request(.signal)
            return try await outcome
        }
        #expect(outcome.totals.gaps == 1)
        let stored = try bench.stored()
        #expect(stored.problems == [] && stored.gaps.map(\.cause) == ["restart"])
    }
}
