import Archive
import MarketModel
import Testing

/// The coverage of random sessions, gaps and closed times, compared with a model that looks at every minute.
struct CoveragePropertyTests {
    private static let minute: Int64 = 60_000_000_000
    private static let minutes = 300 as Int64
    /// 2026-01-05T00:00:00Z.
    private static let midnight: Int64 = 1_767_571_200_000_000_000

    private static func at(_ minute: Int64) -> UnixNanoseconds { UnixNanoseconds(midnight + minute * Self.minute) }

    /// One random recording; times are minutes.
    fileprivate struct Scene {
        struct Session { var from: Int64, to: Int64?, cause: String? }
        struct Gap { var feed: Int64?, instrument: Int64?, from: Int64, to: Int64? }
        struct Closed { var feed: Int64, from: Int64, to: Int64? }

        var sessions: [Session] = []
        /// The session and the name of each feed; its id is its place plus 1.
        var feeds: [(session: Int, name: String, subscription: String?)] = []
        var gaps: [Gap] = []
        var closed: [Closed] = []
        let last: Int64

        init(seed: UInt64) {
            var random = SplitMix64(seed: seed)
            last = random.number(200...minutes - 1)
            var clock: Int64 = random.number(0...20)
            let areSplit = random.oneIn(2)
            for number in 0..<random.number(1...4) {
                let length = random.number(5...60)
                let cause = ["signal", "rotation", "killed"].randomElement(using: &random)
                sessions.append(Session(from: clock, to: clock + length, cause: cause))
                for name in ["a", "b"] where name == "a" || random.oneIn(2) {
                    // With subscriptions, feed `a` brings instrument A, and feed `b` brings B.
                    let subscription = areSplit ? "{\"symbols\":[\"\(name)\"]}" : nil
                    feeds.append((Int(number), name, subscription))
                }
                // After a rotation, the next session begins immediately.
                clock += length + (cause == "rotation" ? 0 : random.number(0...15))
            }
            if random.oneIn(3) {
                sessions[sessions.count - 1].to = nil
                sessions[sessions.count - 1].cause = nil
            }
            for _ in 0..<random.number(0...7) {
                let from = random.number(0...minutes - 30)
                let feed = ([nil, 99] as [Int64?]).randomElement(using: &random) ?? nil
                gaps.append(
                    Gap(
                        feed: random.oneIn(4) ? feed : random.number(1...Int64(feeds.count)),
                        instrument: random.oneIn(3) ? random.number(1...2) : nil,
                        from: from,
                        to: random.oneIn(8) ? nil : from + random.number(0...29)
                    )
                )
            }
            for _ in 0..<random.number(0...4) {
                let from = random.number(0...minutes - 50)
                closed.append(
                    Closed(
                        feed: random.number(1...Int64(feeds.count)),
                        from: from,
                        to: random.oneIn(4) ? nil : from + random.number(1...49)
                    )
                )
            }
        }

        var coverage: Coverage {
            Coverage(
                sessions: sessions.enumerated().map { place, session in
                    SessionRow(
                        sessionID: Int64(place) + 1,
                        start: SessionStart(
                            kind: .record,
                            tsStart: at(session.from),
                            host: nil,
                            programVersion: "1",
                            configuration: "{}"
                        ),
                        tsEnd: session.to.map(at),
                        endCause: session.cause
                    )
                },
                feeds: feeds.enumerated().map { place, feed in
                    FeedRow(
                        feedID: Int64(place) + 1,
                        sessionID: Int64(feed.session) + 1,
                        name: feed.name,
                        venue: "binance-spot",
                        url: nil,
                        subscription: feed.subscription
                    )
                },
                instruments: [instrument(1, "A"), instrument(2, "B")],
                gaps: gaps.map { gap in
                    GapRow(
                        gapID: 1,
                        sessionID: 1,
                        feedID: gap.feed,
                        instrumentID: gap.instrument,
                        tsFrom: at(gap.from),
                        tsTo: gap.to.map(at),
                        cause: "test"
                    )
                },
                closedSpans: closed.map { ClosedSpanRow(feedID: $0.feed, tsFrom: at($0.from), tsTo: $0.to.map(at)) },
                tsLast: at(last)
            )
        }
    }

    @Test("expected and covered time are those that a look at every minute finds", arguments: Seeds.first(150))
    func scenes(seed: UInt64) {
        let scene = Scene(seed: seed)
        for (place, instrument) in scene.coverage.instruments.enumerated() {
            let model = MinuteModel(scene.model, instrument: Int64(place) + 1, last: scene.last, count: Self.minutes)
            #expect(instrument.expectedNS == model.expected * Self.minute, "\(scene)")
            #expect(instrument.coveredNS == model.covered * Self.minute, "\(scene)")
            #expect(instrument.hours.map(\.expectedNS).reduce(0, +) == instrument.expectedNS)
            #expect(instrument.hours.map(\.coveredNS).reduce(0, +) == instrument.coveredNS)
            #expect(instrument.hours.map(\.start) == instrument.hours.map(\.start).sorted())
            for hour in instrument.hours {
                #expect((hour.start.rawValue - Self.midnight) % (60 * Self.minute) == 0)
                #expect(hour.expectedNS > 0 && hour.coveredNS >= 0 && hour.coveredNS <= hour.expectedNS)
            }
        }
    }
}

extension CoveragePropertyTests.Scene {
    fileprivate var model: MinuteModel.Input {
        MinuteModel.Input(
            feeds: feeds.map { feed in
                let session = sessions[feed.session]
                return MinuteModel.Feed(
                    name: feed.name,
                    from: session.from,
                    to: session.to,
                    cause: session.cause,
                    brings: feed.subscription == nil ? nil : (feed.name == "a" ? 1 : 2)
                )
            },
            gaps: gaps.map { ($0.feed, $0.instrument, $0.from, $0.to) },
            closed: closed.map { ($0.feed, $0.from, $0.to) }
        )
    }
}
