import Archive
import MarketModel

/// Counts our own events that repeat, such as a refusal at each attempt to connect.
///
/// The first of them becomes a row; the others are only counted, and one row an hour holds the count. A hub that
/// refuses connections for months therefore adds one row an hour.
struct RepeatedEvents: Sendable {
    static let kind = "repeated"
    /// How often the counts become rows.
    static let interval = Duration.seconds(3600)
    /// Events beyond this number of distinct ones all become rows.
    static let distinctMax = 4096

    private struct Key: Hashable {
        let feedID: Int64
        let kind: String
        let json: [UInt8]
    }

    private var counts: [Key: Int] = [:]
    private var since: UnixNanoseconds?

    /// True if the same event came before, so that it needs no row.
    mutating func take(_ event: EventRow) -> Bool {
        let key = Key(feedID: event.feedID ?? 0, kind: event.kind, json: event.json)
        since = since ?? event.tsRecv
        if let count = counts[key] {
            counts[key] = count + 1
            return true
        }
        if counts.count < Self.distinctMax { counts[key] = 0 }
        return false
    }

    func isDue(at time: UnixNanoseconds) -> Bool {
        guard let since else { return false }
        return time.since(since) >= Self.interval
    }

    /// Returns a row for each event that was repeated, and starts counting over.
    mutating func takeRows(at time: UnixNanoseconds) -> [EventRow] {
        defer { self = RepeatedEvents() }
        return counts.filter { $0.value > 0 }.sorted { ($0.key.kind, $0.value) < ($1.key.kind, $1.value) }.map {
            key,
            count in
            EventRow(
                tsRecv: time,
                messageIndex: nil,
                item: nil,
                feedID: key.feedID,
                kind: Self.kind,
                json: Array(#"{"kind":"\#(key.kind)","count":\#(count),"event":"#.utf8) + key.json + Array("}".utf8)
            )
        }
    }
}
