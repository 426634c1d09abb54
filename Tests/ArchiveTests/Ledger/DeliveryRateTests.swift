import Archive
import MarketModel
import Testing

/// How much a gap has cost, by what the feed delivered before it.
struct DeliveryRateTests {
    private static let second: Int64 = 1_000_000_000
    private static let minute = 60 * second

    /// A connection that delivered `count` messages at a steady rate, in seconds since ``sampleTime``.
    struct Talk: Sendable {
        var from: Double
        var seconds: Double
        var count: Int64
    }

    private static func offset(_ seconds: Double) -> Int64 { Int64(seconds * Double(second)) }

    /// Stores connections with blocks of at most 100 messages, numbered from `next`.
    private static func add(_ talks: [Talk], to recording: OpenRecording, from next: Int64 = 0) async throws {
        var (batch, next) = (WriteBatch(), next)
        for talk in talks {
            let id = try await recording.writer.openConnection(
                ConnectionOpened(feedID: recording.feedID, tsOpened: time(offset(talk.from)))
            )
            let times = (1...talk.count).map { offset(talk.from + talk.seconds * Double($0) / Double(talk.count)) }
            for first in stride(from: 0, to: times.count, by: 100) {
                let messages = times[first..<min(first + 100, times.count)].enumerated().map {
                    SampleMessage(index: next + Int64($0.offset), offset: $0.element, payload: "m")
                }
                next += Int64(messages.count)
                batch.blocks.append(try block(connectionID: id, messages))
            }
        }
        try await recording.writer.write(batch)
    }

    static let cases: [(talks: [Talk], perMinute: Int64?)] = [
        ([], nil),
        ([Talk(from: 0, seconds: 100, count: 1000)], 600),
        // A connection that was cut at once says little about the feed.
        ([Talk(from: 0, seconds: 200, count: 2000), Talk(from: 201, seconds: 0.25, count: 1)], 600),
        // Each of these was too short to measure anything, but not all of them together.
        ((0..<20).map { Talk(from: Double($0) * 10, seconds: 0.25, count: 150) }, 36_000),
        // A second at least, so that a burst is not a rate.
        ([Talk(from: 0, seconds: 0.001, count: 30)], 1800),
        // Of a long connection, the last minutes count.
        ([Talk(from: 0, seconds: 1000, count: 100), Talk(from: 1000, seconds: 400, count: 4000)], 600),
    ]

    @Test("kind 1 the rate of a feed covers its last minutes with data, over several connections", arguments: cases)
    func rate(talks: [Talk], perMinute: Int64?) async throws {
        let directory = try TemporaryDirectory()
        defer { withExtendedLifetime(directory) {} }
        let recording = try await OpenRecording(directory)
        try await Self.add(talks, to: recording)
        let rate = try await recording.writer.deliveryRate(feedID: recording.feedID)
        #expect(rate.estimate(over: Self.minute) == perMinute)
        await recording.writer.close()
    }

    @Test("kind 1 times in which nothing was expected, or nothing came, do not lower the rate")
    func idle() async throws {
        let directory = try TemporaryDirectory()
        defer { withExtendedLifetime(directory) {} }
        let recording = try await OpenRecording(directory)
        // Blocks of 15 s, with an outage of a minute and two minutes of a closed market in between.
        try await Self.add([Talk(from: 0, seconds: 270, count: 1800)], to: recording)
        var batch = WriteBatch()
        batch.gaps = [
            GapRow(
                gapID: 1,
                sessionID: 1,
                feedID: 1,
                tsFrom: time(20 * Self.second),
                tsTo: time(80 * Self.second),
                cause: "silence"
            )
        ]
        batch.closedSpans = [
            ClosedSpanRow(feedID: 1, tsFrom: time(100 * Self.second), tsTo: time(220 * Self.second))
        ]
        try await recording.writer.write(batch)
        let rate = try await recording.writer.deliveryRate(feedID: 1)
        #expect(rate == DeliveryRate(messages: 800, spanNS: 90 * Self.second), "without ten blocks and 180 s")
        await recording.writer.close()
    }

    @Test("kind 1 a gap that goes over a change of the file and ends with a kill is estimated by the file before")
    func overRotation() async throws {
        let directory = try TemporaryDirectory()
        let first = try await OpenRecording(directory)
        try await Self.add([Talk(from: 0, seconds: 100, count: 1000)], to: first)
        try await first.writer.endSession(1, tsEnd: time(110 * Self.second), cause: "rotation", counts: SessionCounts())
        let lock = first.writer.lock
        await first.writer.close()
        let path = directory.file("2024-08-08_00002.feedrec")
        let writer = try ArchiveWriter.open(file: path, lock: lock)
        let start = SessionStart(
            kind: .record,
            tsStart: time(110 * Self.second),
            host: nil,
            programVersion: "1",
            configuration: "{}"
        )
        let sessionID = try await writer.beginSession(start)
        let feedID = try await writer.addFeed(
            FeedRow(sessionID: sessionID, name: "spot", venue: "binance-spot", url: nil)
        )
        var batch = WriteBatch()
        batch.gaps = [
            GapRow(
                gapID: writer.makeGapID(),
                sessionID: sessionID,
                feedID: feedID,
                tsFrom: time(110 * Self.second),
                cause: "disconnect"
            )
        ]
        batch.clockSamples = [ClockSampleRow(ts: time(170 * Self.second), offsetNS: 0, errorNS: 0, status: 0)]
        try await writer.write(batch)
        #expect(try await writer.endKilledSessions() == 1)
        await writer.close()
        let gaps = try ArchiveReader(path: path).gaps()
        #expect(gaps.map(\.cause) == ["disconnect", "restart"])
        #expect(gaps.map(\.estimatedCount) == [600, nil] && gaps[1].tsTo == nil)
    }

    @Test("kind 1 no numbers of a damaged file make an estimate fail")
    func extremes() {
        let rate = DeliveryRate(messages: .max, spanNS: .max)
        #expect(rate.estimate(over: .max) == nil, "not credible")
        #expect(rate.estimate(over: Self.minute) == Self.minute)
        #expect(DeliveryRate(messages: -1, spanNS: .min).estimate(over: .max) == nil)
        #expect(DeliveryRate(messages: 1, spanNS: 0).estimate(over: .min) == 0)
        #expect(DeliveryRate.share(of: .max, part: .max, whole: 1) == .max)
        #expect(DeliveryRate.share(of: 10, part: 1, whole: 4) == 3 && DeliveryRate.share(of: 1, part: 1, whole: 0) == 0)
    }
}
