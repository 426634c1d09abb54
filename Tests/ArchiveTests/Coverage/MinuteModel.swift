/// The coverage of one instrument, minute by minute, by the rules that ``Coverage`` documents.
struct MinuteModel {
    struct Feed {
        var name: String
        /// The session of the feed.
        var from: Int64
        var to: Int64?
        var cause: String?
        /// The instrument that the feed asked for; `nil` if it did not say.
        var brings: Int64?
    }

    struct Input {
        var feeds: [Feed]
        var gaps: [(feed: Int64?, instrument: Int64?, from: Int64, to: Int64?)]
        var closed: [(feed: Int64, from: Int64, to: Int64?)]
    }

    /// Minutes that should have been recorded, and in `covered` those that were.
    private(set) var expected: Int64 = 0
    private(set) var covered: Int64 = 0

    private let input: Input
    private let instrument: Int64
    /// Where open sessions end, and where open gaps end.
    private let last: Int64
    private let gapsEnd: Int64

    init(_ input: Input, instrument: Int64, last: Int64, count: Int64) {
        self.input = input
        self.instrument = instrument
        self.last = last
        gapsEnd = input.feeds.compactMap(\.to).reduce(last, max)
        for minute in 0..<count {
            let (isExpected, isCovered) = state(minute)
            if isExpected { expected += 1 }
            if isExpected, isCovered { covered += 1 }
        }
    }

    private func state(_ minute: Int64) -> (isExpected: Bool, isCovered: Bool) {
        // The feeds that asked for the instrument; without an answer, all feeds of the venue together.
        let asking = input.feeds.indices.filter { input.feeds[$0].brings == instrument }
        let isShared = Set(input.feeds.map(\.name)).count > 1
        guard isShared, !asking.isEmpty else {
            let all = Set(input.feeds.indices)
            let isMissing = isMissing(minute, for: all, strays: [])
            return (isMissing || isRecorded(minute, all), !isMissing)
        }
        // One of several feeds is enough. A gap that names the instrument counts for each of them.
        var (isExpected, isCovered) = (false, false)
        for rows in Dictionary(grouping: asking, by: { input.feeds[$0].name }).values {
            let isMissing = isMissing(minute, for: Set(rows), strays: Set(asking))
            let isOwnExpected = isMissing || isRecorded(minute, Set(rows))
            isExpected = isExpected || isOwnExpected
            isCovered = isCovered || isOwnExpected && !isMissing
        }
        return (isExpected, isCovered)
    }

    private func isRecorded(_ minute: Int64, _ feeds: Set<Int>) -> Bool {
        feeds.contains { place in
            let feed = input.feeds[place]
            return minute >= feed.from && minute < feed.to ?? last && !isClosed(minute, feed.name)
        }
    }

    private func isMissing(_ minute: Int64, for feeds: Set<Int>, strays known: Set<Int>) -> Bool {
        let isInGap = input.gaps.contains { gap in
            guard minute >= gap.from, minute < gap.to ?? gapsEnd else { return false }
            let place = gap.feed.map { Int($0) - 1 }.flatMap { input.feeds.indices.contains($0) ? $0 : nil }
            if let place, isClosed(minute, input.feeds[place].name) { return false }
            if let named = gap.instrument {
                guard named == instrument else { return false }
                if known.isEmpty { return true }
                return place.map { feeds.contains($0) || !known.contains($0) } ?? true
            }
            return place.map(feeds.contains) ?? true
        }
        return isInGap || isBetweenSessions(minute, feeds)
    }

    /// The time between two sessions of a feed, unless a kill or a rotation explains it.
    private func isBetweenSessions(_ minute: Int64, _ feeds: Set<Int>) -> Bool {
        feeds.contains { place in
            let later = input.feeds[place]
            guard let before = input.feeds[..<place].last(where: { $0.name == later.name }), let ended = before.to,
                !["killed", "rotation"].contains(before.cause)
            else { return false }
            return minute >= ended && minute < later.from && !isClosed(minute, later.name)
        }
    }

    /// A closed time ends with its session, unless that was killed or rotated.
    private func isClosed(_ minute: Int64, _ name: String) -> Bool {
        input.closed.contains { span in
            let feed = input.feeds[Int(span.feed) - 1]
            guard feed.name == name else { return false }
            let end = ["killed", "rotation"].contains(feed.cause) ? nil : feed.to
            return minute >= span.from && minute < min(span.to ?? .max, end ?? .max)
        }
    }
}
