import Archive
import Foundation
import MarketModel
import Testing

/// Where a feed was last recorded, in an archive with other files.
struct FeedEndSearchTests {
    private static let feed = FeedKey(name: "spot", venue: "binance-spot")

    /// Creates a recording in which `name` had a connection until `closed`.
    private static func record(
        _ directory: TemporaryDirectory,
        _ file: String,
        _ name: String,
        until closed: Int64?,
        cause: String = "signal",
        isLeft: Bool = false
    ) async throws {
        let writer = try ArchiveWriter.open(file: directory.file(file))
        let sessionID = try await writer.beginSession(
            SessionStart(
                kind: .record,
                tsStart: UnixNanoseconds(1),
                host: nil,
                programVersion: "1",
                configuration: "{}"
            )
        )
        let feedID = try await writer.addFeed(
            FeedRow(sessionID: sessionID, name: name, venue: "binance-spot", url: nil)
        )
        if let closed {
            let id = try await writer.openConnection(ConnectionOpened(feedID: feedID, tsOpened: UnixNanoseconds(1)))
            try await writer.closeConnection(
                ConnectionClosed(connectionID: id, tsClosed: UnixNanoseconds(closed), closedBy: .local)
            )
        }
        if isLeft {
            var batch = WriteBatch()
            batch.events = [EventRow(feedLeft: feedID, at: UnixNanoseconds(closed ?? 1))]
            try await writer.write(batch)
        }
        try await writer.endSession(
            sessionID,
            tsEnd: UnixNanoseconds((closed ?? 100) + 5),
            cause: cause,
            counts: SessionCounts()
        )
        await writer.close()
    }

    @Test("kind 1 the newest file that knows a feed tells where it ended, whatever other files the archive has")
    func newest() async throws {
        let directory = try TemporaryDirectory()
        try await Self.record(directory, "2026-01-05.feedrec", "spot", until: 100)
        try await Self.record(directory, "2026-01-06.feedrec", "spot", until: 200, cause: "killed")
        try await Self.record(directory, "2026-01-06_00002.feedrec", "other", until: 300)
        try await Self.record(directory, "2026-01-07.feedrec", "spot", until: 400)
        // A copy may have any name.
        try FileManager.default.copyItem(
            atPath: directory.file("2026-01-05.feedrec"),
            toPath: directory.file("2026-01-06 (1).feedrec")
        )
        try Data().write(to: URL(fileURLWithPath: directory.file("2026-01-08.feedrec")))
        try Data("text".utf8).write(to: URL(fileURLWithPath: directory.file("2026-01-09.feedrec")))
        try FileManager.default.createSymbolicLink(
            atPath: directory.file("2026-01-10.feedrec"),
            withDestinationPath: directory.file("nowhere")
        )
        let unknown = FeedKey(name: "new", venue: "binance-spot")
        let ends = FeedEndSearch.find(
            [Self.feed, unknown, FeedKey(name: "other", venue: "binance-spot")],
            in: directory.path,
            except: directory.file("2026-01-07.feedrec")
        )
        #expect(ends[Self.feed]?.end?.ts == UnixNanoseconds(200) && ends[Self.feed]?.end?.reason == .killed)
        #expect(ends.count == 3 && ends[unknown]?.end == nil)
        let all = FeedEndSearch.find([Self.feed], in: directory.path, except: "")
        #expect(all[Self.feed]?.end?.ts == UnixNanoseconds(400) && all[Self.feed]?.end?.reason == .stopped)
        #expect(FeedEndSearch.find([Self.feed], in: directory.file("none"), except: "")[Self.feed]?.end == nil)
    }

    @Test("kind 1 a stop during a rotation is a stop: the newest file with the feed says why it ended")
    func stoppedAtRotation() async throws {
        let directory = try TemporaryDirectory()
        try await Self.record(directory, "2026-01-05.feedrec", "spot", until: 100, cause: "rotation")
        try await Self.record(directory, "2026-01-06.feedrec", "spot", until: nil)
        let past = FeedEndSearch.find([Self.feed], in: directory.path, except: "")[Self.feed]
        #expect(past?.end?.ts == UnixNanoseconds(100) && past?.end?.reason == .stopped)
    }

    @Test("kind 1 a feed that was removed before the end of its session was removed", arguments: ["signal", "killed"])
    func removed(cause: String) async throws {
        let directory = try TemporaryDirectory()
        for isLeft in [false, true] {
            let file = "2026-01-0\(isLeft ? 6 : 5).feedrec"
            try await Self.record(directory, file, "spot", until: 100, cause: cause, isLeft: isLeft)
            let past = FeedEndSearch.find([Self.feed], in: directory.path, except: "")[Self.feed]
            #expect(past?.end?.reason == (isLeft ? .removed : cause == "killed" ? .killed : .stopped))
        }
    }

    @Test("kind 1 a gap left open by a killed recorder moves on, and its session counts one gap less")
    func settled() async throws {
        let directory = try TemporaryDirectory()
        try await Self.record(directory, "2026-01-05.feedrec", "spot", until: 100, cause: "killed")
        let writer = try ArchiveWriter.open(file: directory.file("2026-01-05.feedrec"))
        var batch = WriteBatch()
        batch.gaps = ["restart", "disconnect"].map { cause in
            GapRow(
                gapID: writer.makeGapID(),
                sessionID: 1,
                feedID: 1,
                tsFrom: UnixNanoseconds(90),
                cause: cause
            )
        }
        try await writer.write(batch)
        var counts = SessionCounts()
        counts.gapCount = 2
        try await writer.endSession(1, tsEnd: UnixNanoseconds(105), cause: "killed", counts: counts)
        try await writer.settleGaps(exceptOf: [Self.feed])
        #expect(try await writer.past(of: Self.feed).gap?.tsFrom == UnixNanoseconds(90))
        try await writer.settleGaps()
        let past = try await writer.past(of: Self.feed)
        #expect(past.gap == nil && past.end?.ts == UnixNanoseconds(105))
        await writer.close()
        let reader = try ArchiveReader(path: directory.file("2026-01-05.feedrec"))
        #expect(try reader.gaps().map(\.cause) == ["disconnect"])
        #expect(try reader.gaps().map(\.tsTo) == [UnixNanoseconds(105)])
        #expect(try reader.sessions().map { $0.counts?.gapCount } == [1])
    }
}
