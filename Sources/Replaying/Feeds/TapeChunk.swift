import MarketModel
import Venues

/// A stretch of a tape: messages in order of time.
struct TapeChunk: Sendable {
    /// Times do not run backwards inside.
    ///
    /// The payloads of events are followed by line feeds that belong to none.
    var batch = MessageBatch()
    /// What each message is, where the tape is one of events; else empty.
    var kinds: [EventKind] = []

    /// The time of the message at `place`; `.max` behind the last one.
    func time(at place: Int) -> Int64 { place < batch.count ? batch.entries[place].tsRecv.rawValue : .max }

    var count: Int { batch.count }
    var last: Int64 { batch.entries.last?.tsRecv.rawValue ?? .max }

    /// The end of the messages from `start` on that come before `time`, at most `countMax`.
    func end(from start: Int, before time: Int64, countMax: Int) -> Int {
        let endMax = countMax < batch.count - start ? start + countMax : batch.count
        if start < endMax, batch.entries[endMax - 1].tsRecv.rawValue < time { return endMax }
        var end = start
        while end < endMax, batch.entries[end].tsRecv.rawValue < time { end += 1 }
        return end
    }
}

/// What the events of `/replay` are.
package enum EventKind: UInt8, Sendable, CaseIterable {
    case quote, trade, marginUpdate, gap, disconnect, bar

    /// The name of their count in a summary.
    var countName: String {
        switch self {
        case .quote: "quotes"
        case .trade: "trades"
        case .marginUpdate: "margin_updates"
        case .gap: "gaps"
        case .disconnect: "disconnects"
        case .bar: "bars"
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
        }
    }
}

/// Where a player gets its tape from.
protocol TapeFeed: Sendable {
    /// Goes to a moment; `nil` for the start. A feed that cannot goes on as before.
    func seek(to time: Int64?)

    /// The next messages; those of a simulated tape are what `session` asked for.
    func next(for session: (any VenueSession)?, isolation: isolated (any Actor)?) async throws -> FeedStep
}

enum FeedStep: Sendable {
    case chunk(TapeChunk)
    /// At the end of what is recorded by now; there may be more soon.
    case nothingYet
    case end
}
