package import MarketModel

/// A row of `closed_span`: a time in which a feed's market was closed, so that nothing is missing.
///
/// It counts only while a recorder runs that considers the market closed. It ends with that recorder, with the file,
/// and when the sessions of the feed change. A row replaces an earlier one with the same feed and ``tsFrom``.
package struct ClosedSpanRow: Hashable, Sendable {
    /// The source of the trading sessions.
    package enum Source: String, Hashable, Sendable {
        case configuration
        case venue
    }

    package var feedID: Int64
    package var tsFrom: UnixNanoseconds
    /// When the market opens, which is known in advance; `nil` if no opening is in sight.
    ///
    /// If the recorder ended before that, the time at which it ended.
    package var tsTo: UnixNanoseconds?
    package var source: Source

    package init(feedID: Int64, tsFrom: UnixNanoseconds, tsTo: UnixNanoseconds?, source: Source = .configuration) {
        self.source = source
        self.feedID = feedID
        self.tsFrom = tsFrom
        self.tsTo = tsTo
    }
}

/// The times in which markets were closed, by feed name and venue: feeds of several sessions share them.
struct ClosedTimes {
    private var keys: [Int64: FeedKey] = [:]
    private var spans: [FeedKey: TimeSpans] = [:]

    init(_ rows: [ClosedSpanRow], feeds: [FeedRow], sessions: [SessionRow]) {
        let ends = Dictionary(
            sessions.map { ($0.sessionID, ["killed", "rotation"].contains($0.endCause) ? nil : $0.tsEnd) },
            uniquingKeysWith: { first, _ in first }
        )
        var tsEnds: [Int64: UnixNanoseconds] = [:]
        for feed in feeds {
            keys[feed.feedID] = FeedKey(name: feed.name, venue: feed.venue)
            tsEnds[feed.feedID] = ends[feed.sessionID] ?? nil
        }
        for row in rows {
            guard let key = keys[row.feedID] else { continue }
            // Early recordings of schema 5 have the opening in `ts_to`, even if the recorder ended before it.
            let to = min(row.tsTo?.rawValue ?? .max, tsEnds[row.feedID]?.rawValue ?? .max)
            spans[key, default: TimeSpans()].add(row.tsFrom.rawValue, to)
        }
    }

    /// The parts of `[from, to)` in which a feed's market was open; the whole span for a feed without closed times.
    func openParts(of feedID: Int64?, _ from: Int64, _ to: Int64) -> [TimeSpans.Span] {
        guard from < to else { return [] }
        guard let closed = feedID.flatMap({ keys[$0] }).flatMap({ spans[$0] }) else {
            return [TimeSpans.Span(from: from, to: to)]
        }
        var parts: [TimeSpans.Span] = []
        var start = from
        for span in closed.spans where span.to > start && span.from < to {
            if start < span.from { parts.append(TimeSpans.Span(from: start, to: span.from)) }
            start = span.to
        }
        if start < to { parts.append(TimeSpans.Span(from: start, to: to)) }
        return parts
    }
}
