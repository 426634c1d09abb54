import Archive
import FeedrecTestKit
import JournalFormat
import MarketModel
import Testing
import Transport
import WebSocketProtocol

@testable import Recording

/// Malformed and unusual messages between ordinary ones.
@Suite(.timeLimit(.minutes(5)))
struct OddMessageTests {
    /// Records what a venue sends, in the given order and kinds; returns what the recording holds afterwards.
    private func record(
        _ bench: RecorderBench,
        _ messages: MessageBatch
    ) async throws -> (stored: [StoredMessage], outcome: RecordingOutcome, recording: StoredRecording) {
        let run = bench
        let venue = ScriptedVenue { connection, _ in
            try await connection.send(messages)
            _ = try await connection.receiveAll()
        }
        let outcome = try await withServer(venue) { server in
            async let outcome = run.committing { try await run.recordWithJournal(server.url) }
            await run.reports.until { $0.received == messages.count }
            // Missing numbers have had time to arrive.
            run.wall.advance(by: .seconds(5))
            let count = run.reports.all.progressCount
            await run.reports.until { $0.progressCount > count + 2 }
            run.stop.request(.signal)
            return try await outcome
        }
        let reader = try ArchiveReader(path: try ArchiveLocation(bench.directory.path).files[0])
        var stored: [StoredMessage] = []
        var cursor = try reader.messages()
        while let run = try cursor.next() {
            for index in run.range where run.block.batch.entries[index].direction == .received {
                let batch = run.block.batch
                stored.append(StoredMessage(kind: batch.entries[index].kind, bytes: Array(batch.payload(at: index))))
            }
        }
        return (stored, outcome, try bench.stored())
    }

    private struct StoredMessage: Hashable {
        let kind: MessageKind
        let bytes: [UInt8]
    }

    private static func messages(_ batch: MessageBatch) -> [StoredMessage] {
        batch.entries.indices.map { StoredMessage(kind: batch.entries[$0].kind, bytes: Array(batch.payload(at: $0))) }
    }

    private static func trades(_ bench: RecorderBench) async throws -> [Int64] {
        try await integers(bench, "SELECT trade_id FROM trade ORDER BY message_index")
    }

    private static func integers(_ bench: RecorderBench, _ sql: String) async throws -> [Int64] {
        var integers: [Int64] = []
        let session = try SQLSession(recordings: try ArchiveLocation(bench.directory.path).files)
        try await session.run(sql) {
            if case .row(let row) = $0, case .integer(let integer)? = row.first { integers.append(integer) }
        }
        session.close()
        return integers
    }

    @Test("unreadable messages are stored byte for byte, with an oddity each; the messages between are read as usual")
    func malformed() async throws {
        let bench = try RecorderBench.binance()
        let trade = SpotSample.trade(id: 7)
        let odd: [[UInt8]] =
            [
                "", "{", "}", "nul", "\u{0}", "[[]", trade + trade, String(trade.dropLast()), "\u{FEFF}" + trade,
                String(repeating: "[", count: 100_000), String(repeating: "{\"a\":", count: 50_000),
                trade.replacing("61837.63000000", with: "1e400"), trade.replacing("61837.63000000", with: "-"),
                trade.replacing("61837.63000000", with: String(repeating: "9", count: 10_000)),
                trade.replacing("\"t\":7", with: "\"t\":99999999999999999999"),
            ].map { Array($0.utf8) }
        var batch = MessageBatch()
        for (index, bytes) in odd.enumerated() {
            batch.append(
                Array(SpotSample.trade(id: 100 + index).utf8),
                direction: .received,
                tsRecv: UnixNanoseconds(0)
            )
            batch.append(bytes, direction: .received, tsRecv: UnixNanoseconds(0))
        }
        // Bytes that are not text, which a binary message may have.
        batch.append([0xFF, 0xFE, 0, 0x80], kind: .binary, direction: .received, tsRecv: UnixNanoseconds(0))
        // One of the two unreadable messages may have been the trade before this one.
        let last = 100 + odd.count + 1
        batch.append(Array(SpotSample.trade(id: last).utf8), direction: .received, tsRecv: UnixNanoseconds(0))
        let (stored, outcome, recording) = try await record(bench, batch)
        #expect(recording.problems == [])
        #expect(stored == Self.messages(batch))
        let ids = try await Self.trades(bench)
        #expect(ids == odd.indices.map { Int64(100 + $0) } + [Int64(last)])
        let oddities = try await Self.integers(bench, "SELECT message_index FROM event WHERE is_oddity ORDER BY 1")
        #expect(oddities == odd.indices.map { Int64($0 * 2 + 1) } + [Int64(odd.count * 2)])
        #expect(outcome.totals.oddities == Int64(oddities.count) && outcome.totals.gaps == 0)
    }

    @Test("messages with randomly changed bytes are recorded as they came, and affect no others", arguments: 1...5)
    func mutated(seed: UInt64) async throws {
        let bench = try RecorderBench.binance()
        var generator = SplitMix64(seed: seed)
        var batch = MessageBatch()
        for id in 0..<400 {
            var bytes = Array(SpotSample.trade(id: id).utf8)
            if id % 2 == 1 {
                for _ in 0..<Int.random(in: 1...8, using: &generator) {
                    bytes[Int.random(in: bytes.indices, using: &generator)] = .random(in: 0...127, using: &generator)
                }
                bytes.removeLast(Int.random(in: 0...bytes.count / 2, using: &generator))
            }
            batch.append(bytes, direction: .received, tsRecv: UnixNanoseconds(0))
        }
        let (stored, _, recording) = try await record(bench, batch)
        #expect(recording.problems == [] && stored == Self.messages(batch), "seed \(seed)")
        let ids = Set(try await Self.trades(bench))
        #expect((0..<200).allSatisfy { ids.contains(Int64($0 * 2)) }, "seed \(seed)")
    }

    @Test("repeated and reordered messages are stored as they came; nothing is missing, so there is no gap")
    func disorder() async throws {
        var bench = try RecorderBench.binance()
        bench.watch.tradesAreNumbered = true
        let ids = [1, 2, 2, 6, 4, 5, 3, 3, 7, 1, 8]
        let texts = ids.map { SpotSample.trade(id: $0, time: 1_767_571_200_000 - Int64($0) * 1000) }
        let batch = MessageBatch(texts: texts)
        let (stored, outcome, recording) = try await record(bench, batch)
        #expect(recording.problems == [] && stored == Self.messages(batch))
        #expect(try await Self.trades(bench) == ids.map(Int64.init))
        #expect(outcome.totals.gaps == 0 && outcome.totals.oddities == 0 && outcome.totals.duplicates == 0)
    }

    @Test("a hub's records that are not JSON, or unknown, are stored byte for byte, and later ones are read")
    func hub() async throws {
        var bench = try RecorderBench.hub()
        bench.watch.silence = .off
        let run = bench
        let odd = [
            "{", "\u{0}", "[1,2", #"{"type":"one"}"#, #"{"type":1,"target":"OnTick","arguments":[{"tick":7}]}"#,
            #"{"type":1,"target":"OnTick","arguments":[{"tradePlatform":"P","tick":{"symbol":"EURUSD","bid":"x"}}]}"#,
            #"{"type":1,"target":"Nobody","arguments":[]}"#, String(repeating: "[", count: 20_000),
            HubScript.tick("1e999"),
        ]
        let records = odd.enumerated().flatMap { [HubScript.tick("1.\($0 + 1)"), $1] } + [HubScript.tick("2.5")]
        let venue = ScriptedVenue { connection, _ in
            let hub = HubScript(connection: connection)
            try await hub.answerUntilSubscribed()
            for record in records { try await hub.send(record) }
            try await hub.listen()
        }
        let outcome = try await withServer(venue) { server in
            async let outcome = run.committing { try await run.recordWithJournal(server.url) }
            await run.reports.until { ($0.progress?.quotes ?? 0) == Int64(odd.count + 1) }
            run.stop.request(.signal)
            return try await outcome
        }
        let stored = try bench.stored()
        #expect(stored.problems == [])
        let texts = stored.received.suffix(records.count)
        #expect(Array(texts) == records.map { $0 + "\u{1E}" })
        #expect(outcome.totals.gaps == 0 && stored.connections.count == 1)
        #expect(outcome.totals.oddities >= Int64(odd.count) - 1, "\(outcome.totals.oddities)")
    }
}
