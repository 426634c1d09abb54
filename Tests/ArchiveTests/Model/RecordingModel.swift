import Archive
import JournalFormat
import MarketModel

/// What one recording must hold, kept in memory by the simplest means.
struct RecordingModel {
    struct Message: Hashable {
        var index: Int64
        var connectionID: Int64
        var offset: Int64
        var payload: String
        var direction: MessageDirection
    }

    /// One run of a recorder.
    struct Session {
        var id: Int64
        var connections: [Int64] = []
        /// Rows that the session has stored, whether or not they are still there; bars are counted in ``bars``.
        var counts = SessionCounts()
        var bars: Set<BarRowKey> = []
        var endCause: String?
        /// True if the counts of the session are in the recording.
        var isCounted = false
    }

    var sessions: [Session] = []
    var nextMessage: Int64 = 0
    var messages: [Int64: Message] = [:]
    /// The messages of each stored block, by connection; the last block of an open connection may grow.
    var blocks: [Int64: [[Int64]]] = [:]
    var instruments: [InstrumentRow] = []
    var quotes: [RowPlace: QuoteRow] = [:]
    var trades: [RowPlace: TradeRow] = [:]
    var marginUpdates: [MarginUpdateRow] = []
    var events: [EventRow] = []
    var bars: [BarRowKey: BarRow] = [:]
    var gaps: [Int64: GapRow] = [:]
    /// Messages that were stored and are known to be gone.
    var absentMessages: Int64 = 0
    var isSealed = false
    /// The number of bars that pruning has removed.
    var prunedBars: Int64 = 0

    var openSession: Int? { sessions.indices.last { sessions[$0].endCause == nil } }

    var sortedMessages: [Message] { messages.values.sorted { $0.index < $1.index } }
    var sortedQuotes: [QuoteRow] { quotes.sorted { $0.key < $1.key }.map(\.value) }
    var sortedTrades: [TradeRow] { trades.sorted { $0.key < $1.key }.map(\.value) }
    var sortedGaps: [GapRow] { gaps.values.sorted { ($0.tsFrom.rawValue, $0.gapID) < ($1.tsFrom.rawValue, $1.gapID) } }
    var sortedBars: [BarRow] { bars.values.sorted { $0.tsOpen < $1.tsOpen } }

    /// Events without a message come before those with one at the same time, and rows stay in the order of storing.
    var sortedEvents: [EventRow] {
        events.enumerated().sorted { left, right in
            let (one, other) = (left.element, right.element)
            return (one.tsRecv.rawValue, one.messageIndex ?? -1, one.item ?? -1, left.offset)
                < (other.tsRecv.rawValue, other.messageIndex ?? -1, other.item ?? -1, right.offset)
        }.map(\.element)
    }

    /// Adds the rows of a batch that was stored by `session`.
    mutating func store(_ batch: WriteBatch, _ fresh: [Message], session place: Int) {
        for message in fresh {
            messages[message.index] = message
            if message.direction == .received {
                sessions[place].counts.messagesReceived += 1
            } else {
                sessions[place].counts.messagesSent += 1
            }
        }
        nextMessage += Int64(fresh.count)
        instruments = (instruments + batch.instruments).sorted { $0.instrumentID < $1.instrumentID }
        for row in batch.quotes where quotes.updateValue(row, forKey: RowPlace(row)) == nil {
            sessions[place].counts.quoteCount += 1
        }
        for row in batch.trades where trades.updateValue(row, forKey: RowPlace(row)) == nil {
            sessions[place].counts.tradeCount += 1
        }
        marginUpdates += batch.marginUpdates
        sessions[place].counts.marginUpdateCount += Int64(batch.marginUpdates.count)
        events += batch.events
        for row in batch.events {
            if row.isOddity { sessions[place].counts.oddityCount += 1 } else { sessions[place].counts.eventCount += 1 }
        }
        for key in batch.removedBars {
            bars[key] = nil
            sessions[place].bars.remove(key)
        }
        for row in batch.bars {
            if bars.updateValue(row, forKey: row.key) == nil { sessions[place].bars.insert(row.key) }
        }
        for row in batch.gaps where gaps.updateValue(row, forKey: row.gapID) == nil {
            sessions[place].counts.gapCount += 1
        }
        sessions[place].counts.barCount = Int64(sessions[place].bars.count)
    }
}

/// The primary key of a tick, which is also its place in the order of a cursor.
struct RowPlace: Hashable, Comparable {
    private let numbers: [Int64]

    init(_ row: some TickRow) {
        numbers = [row.tsRecv.rawValue, row.messageIndex, row.item, row.instrumentID]
    }

    static func < (left: RowPlace, right: RowPlace) -> Bool { left.numbers.lexicographicallyPrecedes(right.numbers) }
}

extension BarRow {
    var key: BarRowKey {
        BarRowKey(instrumentID: instrumentID, side: side, intervalNS: intervalNS, tsOpen: tsOpen)
    }
}
