import Archive
import FeedrecTestKit
import MarketModel
import Testing
import Transport
import Venues

@testable import Recording

/// What a follower of the recording sees.
@Suite(.timeLimit(.minutes(5)))
struct CommitStreamTests {
    private static func trades(_ ids: Range<Int>) -> [String] { ids.map { SpotSample.trade(id: $0) } }

    /// Collects a stream until it is finished.
    private static func replica(of stream: CommitStream) async -> Replica {
        var replica = Replica()
        while let event = await stream.next() { replica.take(event) }
        return replica
    }

    @Test("a follower sees what SQLite got, in order and once, over two rotations")
    func rotation() async throws {
        var bench = try RecorderBench.binance()
        bench.policy.isOnce = true
        bench.policy.rotation = RotationPolicy()
        let stream = CommitStream()
        bench.commits = stream
        let run = bench
        let venue = ScriptedVenue { connection, _ in
            for (round, ids) in [0..<100, 100..<130, 130..<200, 200..<300].enumerated() {
                if round > 0 {
                    await run.commit { $0.received == ids.lowerBound }
                    // The second round stays in the file of the first: its block is replaced.
                    if round > 1 { run.wall.advance(by: .seconds(86_400)) }
                }
                try await connection.send(MessageBatch(texts: Self.trades(ids)))
            }
        }
        async let seen = Self.replica(of: stream)
        _ = try await withServer(venue) { server in
            try await run.committing { try await run.recordWithJournal(server.url) }
        }
        stream.finish()
        let replica = await seen
        let files = try ArchiveLocation(bench.directory.path).files
        #expect(files.count == 3 && replica.files == files && replica.missed == [])
        #expect(replica.problems == [] && replica.replacedBlocks > 0)
        for file in files { try await replica.expectEqual(file) }
        #expect(replica.tradeIDs == (0..<300).map(Int64.init))
    }

    @Test("a follower of a recovery sees only what the killed recorder had not committed")
    func recovery() async throws {
        let directory = try TemporaryDirectory()
        let stream = CommitStream()
        async let seen = Self.replica(of: stream)
        try await {
            let victim = try await Victim(directory)
            victim.commits = stream
            try await victim.open()
            try await victim.commit(victim.read(Self.trades(0..<100)))
            try await victim.commit(victim.read(Self.trades(100..<110)))
            _ = victim.read(Self.trades(110..<250))
            try await victim.die()
        }()
        var recovery = ArchiveRecovery(
            directory: directory.path,
            lock: try ArchiveLock(directory: directory.path),
            zones: { _ in nil }
        )
        recovery.commits = stream
        #expect(try await recovery.run().messages == 140)
        stream.finish()
        let replica = await seen
        #expect(replica.problems == [] && replica.replacedBlocks > 0)
        for file in try ArchiveLocation(directory.path).files { try await replica.expectEqual(file) }
        #expect(replica.tradeIDs == (0..<250).map(Int64.init))
    }

    @Test("a slow follower learns what it missed, and gets what comes later")
    func slow() async throws {
        let directory = try TemporaryDirectory()
        let writer = try ArchiveWriter.open(directory: directory.path, day: "2026-01-05")
        let stream = CommitStream(CommitStream.Limits(transactions: 2))
        func publish(_ count: Int) {
            for _ in 0..<count {
                var batch = WriteBatch()
                batch.closedSpans = [ClosedSpanRow(feedID: 1, tsFrom: UnixNanoseconds(0), tsTo: nil, source: .venue)]
                stream.publish(batch, of: writer)
            }
        }
        publish(5)
        var replica = Replica()
        for _ in 0..<2 { replica.take(try #require(await stream.next())) }
        publish(1)
        stream.finish()
        while let event = await stream.next() { replica.take(event) }
        #expect(replica.numbers == [1, 2, 6] && replica.problems == [])
        let recording = CommittedRecording(recordingID: writer.recordingID, path: writer.path)
        #expect(replica.missed == [MissedCommits(numbers: 3...5, first: recording, last: recording)])
        publish(1)
        #expect(await stream.next() == nil)
        await writer.close()
    }

    @Test("a transaction over the memory limit is accepted while nothing waits, and missed otherwise")
    func large() async throws {
        let directory = try TemporaryDirectory()
        let writer = try ArchiveWriter.open(directory: directory.path, day: "2026-01-05")
        let stream = CommitStream(CommitStream.Limits(bytes: 1))
        var batch = WriteBatch()
        batch.closedSpans = [ClosedSpanRow(feedID: 1, tsFrom: UnixNanoseconds(0), tsTo: nil, source: .venue)]
        for _ in 0..<2 { stream.publish(batch, of: writer) }
        stream.finish()
        let replica = await Self.replica(of: stream)
        #expect(replica.numbers == [1] && replica.missed.map(\.numbers) == [2...2])
        await writer.close()
    }
}

/// The recordings as a follower knows them.
private struct Replica {
    struct BlockKey: Hashable {
        let file: String
        let connectionID: Int64
        let first: Int64
    }

    struct TickKey: Hashable {
        let file: String
        let messageIndex: Int64
        let item: Int64
    }

    struct BarKey: Hashable {
        let file: String
        let key: BarRowKey
    }

    private var blocks: [BlockKey: BlockRow] = [:]
    private var trades: [TickKey: TradeRow] = [:]
    private var bars: [BarKey: BarRow] = [:]
    private(set) var files: [String] = []
    private(set) var numbers: [UInt64] = []
    private(set) var missed: [MissedCommits] = []
    private(set) var replacedBlocks = 0
    /// The venue's numbers of the trades, in order of arrival.
    private(set) var tradeIDs: [Int64] = []
    private(set) var problems: [String] = []

    mutating func take(_ event: CommitEvent) {
        switch event {
        case .missed(let missed): self.missed.append(missed)
        case .committed(let rows): take(rows)
        }
    }

    private mutating func take(_ committed: CommittedRows) {
        let next = (missed.last.map(\.numbers.upperBound) ?? 0, numbers.last ?? 0)
        if committed.number != max(next.0, next.1) + 1 { problems.append("number \(committed.number)") }
        numbers.append(committed.number)
        let file = committed.recording.path
        if files.last != file { files.append(file) }
        for block in committed.rows.blocks {
            let key = BlockKey(file: file, connectionID: block.connectionID, first: block.firstMessageIndex)
            if blocks.updateValue(block, forKey: key) != nil { replacedBlocks += 1 }
        }
        for trade in committed.rows.trades {
            let key = TickKey(file: file, messageIndex: trade.messageIndex, item: trade.item)
            if trades.updateValue(trade, forKey: key) != nil { problems.append("trade \(key) came twice") }
            tradeIDs.append(trade.tradeID ?? -1)
        }
        for key in committed.rows.removedBars { bars[BarKey(file: file, key: key)] = nil }
        for bar in committed.rows.bars { bars[BarKey(file: file, key: BarRowKey(bar))] = bar }
        let known = Set(committed.instruments.keys)
        if known != committed.rows.instrumentIDs { problems.append("number \(committed.number) lacks instruments") }
    }

    /// Compares with a recording.
    func expectEqual(_ file: String) async throws {
        let session = try SQLSession(recordings: [file])
        defer { session.close() }
        func rows(_ sql: String) async throws -> Set<[SQLValue]> {
            var rows: Set<[SQLValue]> = []
            try await session.run(sql) { if case .row(let row) = $0 { rows.insert(row) } }
            return rows
        }
        let blocks = blocks.filter { $0.key.file == file }.values.map {
            [SQLValue.integer($0.connectionID), .integer($0.firstMessageIndex), .blob($0.block)]
        }
        #expect(
            try await rows("SELECT connection_id, first_message_index, block FROM message_block") == Set(blocks)
        )
        let trades = trades.filter { $0.key.file == file }.values.map {
            [$0.instrumentID, $0.tsRecv.rawValue, $0.messageIndex, $0.item, $0.price, $0.size].map(SQLValue.integer)
        }
        #expect(
            try await rows("SELECT instrument_id, ts_recv, message_index, item, price, size FROM trade") == Set(trades)
        )
        let bars = bars.filter { $0.key.file == file }.values.map {
            [
                $0.instrumentID, Int64($0.side.rawValue), $0.intervalNS, $0.tsOpen.rawValue, $0.open, $0.close,
                $0.tickCount, $0.isComplete ? 1 : 0,
            ].map(SQLValue.integer)
        }
        let query = "SELECT instrument_id, side, interval_ns, ts_open, open, close, tick_count, is_complete FROM bar"
        #expect(try await rows(query) == Set(bars))
    }
}

extension BarRowKey {
    fileprivate init(_ bar: BarRow) {
        self.init(instrumentID: bar.instrumentID, side: bar.side, intervalNS: bar.intervalNS, tsOpen: bar.tsOpen)
    }
}
