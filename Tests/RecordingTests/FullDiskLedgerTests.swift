import Archive
import FeedrecTestKit
import Foundation
import MarketModel
import Synchronization
import Testing
import Transport

@testable import Recording

/// A disk without room for ticks, and the space reserved for the ledger.
@Suite(.timeLimit(.minutes(5)))
struct FullDiskLedgerTests {
    /// Nothing can be committed while the disk is full, unless part of the reserve was freed.
    private final class Disk: Sendable {
        private let isFilled = Atomic<Bool>(false)
        private let reserve: String

        init(_ directory: TemporaryDirectory) { reserve = directory.file(".reserve") }

        var isFull: Bool {
            get { isFilled.load(ordering: .sequentiallyConsistent) }
            set { isFilled.store(newValue, ordering: .sequentiallyConsistent) }
        }

        var reserveBytes: Int? {
            (try? FileManager.default.attributesOfItem(atPath: reserve))?[.size] as? Int
        }
    }

    private static func trades(_ ids: Range<Int>) -> MessageBatch {
        MessageBatch(texts: ids.map { SpotSample.trade(id: $0) })
    }

    @Test(
        "on a full disk the gap is stored immediately, in the reserved space, and ends when there is room"
    )
    func ledger() async throws {
        let bench = try RecorderBench.binance()
        let path = bench.directory.file("2026-01-05.feedrec")
        let disk = Disk(bench.directory)
        let whole = bench.policy.reserveBytes
        let fileSystem = FailingFileSystem([.commit], code: .diskFull) { disk.isFull && disk.reserveBytes == whole }
        let venue = ScriptedVenue { connection, _ in
            try await connection.send(Self.trades(0..<10))
            await bench.reports.until { $0.received == 10 }
            disk.isFull = true
            try await connection.send(Self.trades(10..<20))
            await bench.reports.until { $0.isStoring == [false] }
            bench.wall.advance(by: .seconds(1))
            try await connection.send(Self.trades(20..<30))
            await bench.reports.until { $0.isStoring == [false, true] }
            try await connection.send(Self.trades(30..<40))
            _ = try await connection.receiveAll()
        }
        try await withServer(venue) { server in
            async let outcome = bench.recordWithJournal(server.url, fileSystem: fileSystem)
            await bench.commit { $0.gapBeginnings == ["disk_full"] }
            await bench.commit { _ in (try? ArchiveReader(path: path).gaps().count) == 1 && disk.reserveBytes == whole }
            let ledger = try ArchiveReader(path: path)
            #expect(try ledger.gaps().map(\.cause) == ["disk_full"] && ledger.gaps().first?.tsTo == nil)
            #expect(try ledger.lastMessageIndex() < 10, "nothing but the ledger was stored")
            #expect(bench.reports.all.isStoring == [false])
            disk.isFull = false
            await bench.commit { $0.gapEndings == ["disk_full"] }
            bench.stop.request(.signal)
            _ = try await outcome
        }
        let stored = try bench.stored()
        #expect(stored.problems == [])
        // Of the second ten messages, those captured before storing paused are stored.
        let ids = stored.messages.compactMap(SpotSample.tradeID)
        let before = ids.prefix { $0 < 20 }.count
        #expect(before >= 10 && ids == Array(0..<before) + Array(30..<40))
        #expect(stored.gaps.map(\.cause) == ["disk_full"] && stored.gaps.first?.tsTo != nil)
        #expect(disk.reserveBytes == nil, "there is no reserve without a recorder")
    }
}

extension [RecorderReport] {
    /// The changes between storing (true) and pausing.
    fileprivate var isStoring: [Bool] {
        compactMap { report in
            switch report {
            case .paused: false
            case .resumed: true
            default: nil
            }
        }
    }
}
