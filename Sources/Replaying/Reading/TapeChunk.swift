import MarketModel
import Venues

/// A part of a tape: messages in order of time.
struct TapeChunk: Sendable {
    /// The messages, whose times never decrease.
    ///
    /// A line feed follows the payload of each event. It belongs to no payload.
    var batch = MessageBatch()
    /// The kind of each message if the tape has events, otherwise empty.
    var kinds: [EventKind] = []
    /// The number of snapshots of order books at the beginning, which were made for the tape and not recorded.
    var snapshotCount = 0

    /// Returns the time of the message at `place`; `.max` after the last one.
    func time(at place: Int) -> Int64 { place < batch.count ? batch.entries[place].tsRecv.rawValue : .max }

    var count: Int { batch.count }
    var last: Int64 { batch.entries.last?.tsRecv.rawValue ?? .max }

    /// Returns the end of the messages from `start` that are before `time`, at most `countMax` of them.
    func end(from start: Int, before time: Int64, countMax: Int) -> Int {
        let endMax = countMax < batch.count - start ? start + countMax : batch.count
        if start < endMax, batch.entries[endMax - 1].tsRecv.rawValue < time { return endMax }
        var end = start
        while end < endMax, batch.entries[end].tsRecv.rawValue < time { end += 1 }
        return end
    }
}

/// The kinds of events of `/replay`.
package enum EventKind: UInt8, Sendable, CaseIterable {
    case quote, trade, marginUpdate, gap, disconnect, bar, book

    /// What a client gets that does not choose: books are large, so they are sent if they are named.
    package static let byDefault = Set(allCases).subtracting([.book])

    /// True for a kind that clients get only if they ask for it; its count is shown only then.
    var isOptional: Bool { self == .bar || self == .book }

    /// The name of the count in a summary.
    var countName: String {
        switch self {
        case .quote: "quotes"
        case .trade: "trades"
        case .marginUpdate: "margin_updates"
        case .gap: "gaps"
        case .disconnect: "disconnects"
        case .bar: "bars"
        case .book: "book_events"
        }
    }

    /// The `type` of the message.
    var name: String {
        switch self {
        case .quote: "quote"
        case .trade: "trade"
        case .marginUpdate: "margin_update"
        case .gap: "gap"
        case .disconnect: "disconnect"
        case .bar: "bar"
        case .book: "book"
        }
    }
}

/// The source of a player's tape.
protocol ChunkSource: Sendable {
    /// Moves to a time; `nil` for the start. A source that cannot seek continues as before.
    func seek(to time: Int64?)

    /// Returns the next messages. A simulated tape has what `session` subscribed to.
    func next(for session: (any VenueSession)?, isolation: isolated (any Actor)?) async throws -> ChunkStep
}

enum ChunkStep: Sendable {
    case chunk(TapeChunk)
    /// The end of what is recorded so far. There may be more soon.
    case nothingYet
    case end
}
