import Archive
import FeedrecTestKit
import Foundation
import MarketModel
import Synchronization
import Testing
import Transport

@testable import Recording

/// A disk without room for ticks, and the room that is kept for the ledger.
@Suite(.timeLimit(.minutes(5)))
struct FullDiskLedgerTests {
    /// Where nothing can be committed while it is full, unless some of the reserve was given back.
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
        MessageBatch(texts: ids.map { BinanceSample.trade(id: $0) })
    }

    @Test(
        "while the disk is full the gap is stored at once, in the room that is kept for it, and ends when there is room"
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
        // Of the second ten, those that were taken before storing paused are there.
        let ids = stored.messages.compactMap(BinanceSample.tradeID)
        let before = ids.prefix { $0 < 20 }.count
        #expect(before >= 10 && ids == Array(0..<before) + Array(30..<40))
        #expect(stored.gaps.map(\.cause) == ["disk_full"] && stored.gaps.first?.tsTo != nil)
        #expect(disk.reserveBytes == nil, "who does not record needs none")
    }
}

extension [RecorderReport] {
    /// Whether storing went on, at each change of that.
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
