import Archive
import FeedrecTestKit
import JournalFormat
import MarketModel
import Testing
import Transport
import Venues

@testable import Recording

/// Hubs that split their records over messages, or send JSON in binary messages.
@Suite(.timeLimit(.minutes(5)))
struct SplitRecordTests {
    private static let password = #"{"type":2,"invocationId":"2","item":{"user":{"password":"SECRET-1","login":5}}}"#

    /// Records what a hub sends after its answers; every message is split in two if `isSplit`.
    private func record(_ bench: RecorderBench, _ messages: MessageBatch) async throws -> RecordingOutcome {
        let venue = ScriptedVenue { connection, _ in
            let hub = HubScript(connection: connection)
            try await hub.answerUntilSubscribed()
            try await connection.send(messages)
            try await hub.listen()
        }
        return try await withServer(venue) { server in
            async let outcome = bench.recordWithJournal(server.url)
            await bench.commit { $0.quotes == messages.count / 2 }
            bench.stop.request(.signal)
            return try await outcome
        }
    }

    private func stored(_ bench: RecorderBench) throws -> [(payload: [UInt8], isRedacted: Bool, kind: MessageKind)] {
        let reader = try ArchiveReader(path: try ArchiveLocation(bench.directory.path).files[0])
        var stored: [([UInt8], Bool, MessageKind)] = []
        var cursor = try reader.messages()
        while let run = try cursor.next() {
            let batch = run.block.batch
            for index in run.range where batch.entries[index].direction == .received {
                stored.append((batch.payload(at: index), batch.entries[index].isRedacted, batch.entries[index].kind))
            }
        }
        return stored
    }

    @Test(
        "byte for byte: ticks of a JSON hub, each split, are stored as they came, and rebuilt identically",
        arguments: [MessageKind.binary, .text]
    )
    func split(kind: MessageKind) async throws {
        let bench = try RecorderBench.hub()
        var messages = MessageBatch()
        for number in 0..<100 {
            let bytes = Array((HubScript.tick("1.\(100 + number)") + "\u{1E}").utf8)
            let cut = 1 + number * 7 % (bytes.count - 1)
            messages.append(bytes[..<cut], kind: kind, direction: .sent, tsRecv: UnixNanoseconds(0))
            messages.append(bytes[cut...], kind: kind, direction: .sent, tsRecv: UnixNanoseconds(0))
        }
        let outcome = try await record(bench, messages)
        #expect(outcome.totals.quotes == 100)
        let stored = try stored(bench).suffix(messages.count)
        #expect(stored.map(\.payload) == (0..<messages.count).map(messages.payload))
        #expect(stored.allSatisfy { !$0.isRedacted && $0.kind == kind })
        let file = try ArchiveLocation(bench.directory.path).files[0]
        let stamp = UpkeepStamp(now: UnixNanoseconds(0), programVersion: "test")
        let rebuilt = try Rebuilder(stamp, isCheck: true, zones: { _ in nil }).run(file)
        #expect(rebuilt.isSame, "\(rebuilt.differences)")
    }

    @Test(
        "secrets: a hub that ends inside a record leaves neither the secret nor an unreported loss",
        arguments: [MessageKind.binary, .text]
    )
    func unfinished(kind: MessageKind) async throws {
        let bench = try RecorderBench.hub()
        let cut = Self.password.utf8.count - 20
        let beginning = HubScript.tick("1.5") + "\u{1E}" + Self.password.prefix(cut)
        let venue = ScriptedVenue { connection, _ in
            let hub = HubScript(connection: connection)
            try await hub.answerUntilSubscribed()
            var messages = MessageBatch()
            messages.append(Array(beginning.utf8), kind: kind, direction: .sent, tsRecv: UnixNanoseconds(0))
            try await connection.send(messages)
        }
        let outcome = try await withServer(venue) { server in
            async let outcome = bench.recordWithJournal(server.url)
            await bench.reports.until { $0.disconnections.count == 1 }
            bench.stop.request(.signal)
            return try await outcome
        }
        #expect(outcome.totals.quotes == 1)
        #expect(try stored(bench).last?.isRedacted == true)
        #expect(try stored(bench).last?.payload == Array((HubScript.tick("1.5") + "\u{1E}").utf8))
        let reader = try ArchiveReader(path: try ArchiveLocation(bench.directory.path).files[0])
        #expect(
            try reader.events(kind: "withheld").map { String(decoding: $0.json, as: UTF8.self) }.contains {
                $0.contains("\(cut)")
            }
        )
    }
}

extension [RecorderReport] {
    /// Quotes, by the latest report.
    fileprivate var quotes: Int64 {
        compactMap { if case .progress(let totals) = $0 { totals.quotes } else { nil } }.last ?? 0
    }
}
