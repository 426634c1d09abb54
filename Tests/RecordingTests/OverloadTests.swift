import Archive
import Dispatch
import FeedrecTestKit
import Foundation
import MarketModel
import Synchronization
import Testing
import Transport

@testable import Archive
@testable import Recording

/// A writer that is held up, and a journal with little room.
@Suite(.timeLimit(.minutes(5)))
struct OverloadTests {
    /// Holds up everything that a writer does until it is released.
    private final class Stall: Sendable {
        private let semaphore = DispatchSemaphore(value: 0)
        private let holding = Atomic<Bool>(false)

        var isHolding: Bool { holding.load(ordering: .sequentiallyConsistent) }

        func hold(_ writer: ArchiveWriter) async {
            _ = try? await writer.perform { _ in
                self.holding.store(true, ordering: .sequentiallyConsistent)
                self.semaphore.wait()
            }
        }

        func letGo() { semaphore.signal() }
    }

    /// Records with a journal of eight segments of 16 KiB, while `stall` holds up the writer.
    private func record(_ bench: RecorderBench, _ url: String, _ stall: Stall) async throws -> RecordingOutcome {
        let writer = try bench.openWriter()
        var configuration = Journal.Configuration(directory: bench.directory.path)
        configuration.segmentBytes = 1 << 14
        configuration.bytesMax = 1 << 17
        let journal = try Journal(configuration)
        async let stalling: Void = {
            await bench.reports.until { $0.connectedCount == 1 }
            await stall.hold(writer)
        }()
        let outcome: Result<RecordingOutcome, any Error>
        do {
            outcome = .success(try await bench.record(url, into: writer, journal: journal))
        } catch {
            outcome = .failure(error)
        }
        stall.letGo()
        await stalling
        await writer.close()
        try journal.close(isStored: true)
        return try outcome.get()
    }

    private func isOverloaded(_ reports: [RecorderReport], _ rule: OverloadRule) -> Bool {
        reports.contains { if case .overloaded(rule) = $0 { true } else { false } }
    }

    /// True if the last report did not say that storing cannot keep up.
    private func hasCaughtUp(_ reports: [RecorderReport]) -> Bool {
        let last = reports.last {
            switch $0 {
            case .overloaded, .caughtUp: true
            default: false
            }
        }
        if case .overloaded = last { return false }
        return true
    }

    @Test("with stop-reading the feed waits for the writer, the venue for the feed, and nothing is lost")
    func stopReading() async throws {
        let bench = try RecorderBench.binance()
        let stall = Stall()
        let ids = 0..<20_000
        let venue = ScriptedVenue { connection, _ in
            for start in stride(from: 0, to: ids.count, by: 100) {
                try await connection.send(
                    MessageBatch(texts: (start..<start + 100).map { SpotSample.trade(id: $0) })
                )
            }
            _ = try await connection.receiveAll()
        }
        let outcome = try await withServer(venue) { server in
            async let outcome = record(bench, server.url, stall)
            // A wait that begins while the writer is held up lasts; an earlier one ends a few ticks later.
            repeat {
                await bench.commit { reports in
                    stall.isHolding && isOverloaded(reports, .stopReading) && !hasCaughtUp(reports)
                }
                let held = bench.reports.all.progressCount
                await bench.commit { $0.progressCount > held + StorageLoad.quietTicksMin + 2 }
            } while hasCaughtUp(bench.reports.all)
            let settled = bench.reports.all
            await bench.commit { $0.progressCount > settled.progressCount + 3 }
            #expect(bench.reports.all.received == settled.received, "it keeps reading")
            #expect(bench.reports.all.disconnections.isEmpty)
            stall.letGo()
            await bench.commit { $0.received == Int64(ids.count) }
            bench.stop.request(.signal)
            return try await outcome
        }
        #expect(outcome.totals.gaps == 0)
        // One report at the start and one at the end, not one for each batch.
        let words = bench.reports.all.compactMap { report -> Bool? in
            switch report {
            case .overloaded: true
            case .caughtUp: false
            default: nil
            }
        }
        #expect(words.count <= 10 && words.enumerated().allSatisfy { $0.offset.isMultiple(of: 2) == $0.element })
        #expect(words.last == false)
        let stored = try bench.stored()
        #expect(stored.problems == [])
        #expect(stored.received == ids.map { SpotSample.trade(id: $0) })
    }

    @Test(
        "with drop the feed keeps reading; the dropped messages are one run, with one gap"
    )
    func drop() async throws {
        var bench = try RecorderBench.binance()
        bench.policy.overload = .drop
        let run = bench
        let stall = Stall()
        let venue = ScriptedVenue { connection, _ in
            var id = 0
            while !run.reports.all.gapEndings.contains("overload") {
                run.wall.advance(by: .milliseconds(1))
                try await connection.send(MessageBatch(texts: (id..<id + 20).map { SpotSample.trade(id: $0) }))
                id += 20
                await NetworkTurns.wait(20)
            }
            _ = try await connection.receiveAll()
        }
        let outcome = try await withServer(venue) { server in
            async let outcome = record(run, server.url, stall)
            await run.commit { isOverloaded($0, .drop) }
            stall.letGo()
            await run.commit { $0.gapEndings.contains("overload") }
            run.stop.request(.signal)
            return try await outcome
        }
        #expect(outcome.totals.gaps == 1)
        let stored = try bench.stored()
        #expect(stored.problems == [])
        let gap = try #require(stored.gaps.first)
        #expect(gap.cause == "overload" && stored.gaps.count == 1)
        let ids = stored.messages.filter { $0.direction == .received }.compactMap(SpotSample.tradeID)
        let seams = ids.indices.dropFirst().filter { ids[$0] != ids[$0 - 1] + 1 }
        try #require(seams.count == 1, "the missing messages are one run")
        let kept = stored.messages.filter { $0.direction == .received }
        #expect(gap.tsFrom == kept[seams[0] - 1].tsRecv && gap.tsTo == kept[seams[0]].tsRecv)
        #expect(gap.tsFrom <= kept[seams[0]].tsRecv)
    }
}

extension SpotSample {
    /// The number of the trade in a stored message.
    static func tradeID(_ message: StoredRecording.Message) -> Int? {
        guard let start = message.text.range(of: "\"t\":")?.upperBound else { return nil }
        return Int(message.text[start...].prefix { $0.isNumber })
    }
}
