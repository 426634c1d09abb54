import MarketModel

/// Determines which messages a salvaged recording lacks, and stores the result as rows of `absence` and `gap`.
struct LostMessages {
    /// A range of lost messages of one session.
    struct Loss {
        let sessionID: Int64
        let messages: ClosedRange<Int64>
        var feedID: Int64?
        var connectionID: Int64?
        var tsFrom: Int64
        var tsTo: Int64?
        /// How many of these messages we had sent, as far as known; these are not missing venue data.
        var sent: Int64 = 0

        var count: Int64 { messages.upperBound - messages.lowerBound + 1 }
    }

    private struct Block {
        let first: Int64
        let last: Int64
        let tsFirst: Int64
        let tsLast: Int64
        let connectionID: Int64
        let feedID: Int64
        let sessionID: Int64
    }

    private struct Session {
        let sessionID: Int64
        let tsStart: Int64
        let tsEnd: Int64?
        /// The number of messages that the session claims; `nil` if it has not ended.
        let claimed: Int64?
        let claimedSent: Int64?
        var held: Int64 = 0
        var missing: Int64 = 0
    }

    /// The row evidence may itself be damaged: numbers further than this from the stored messages are ignored.
    private static let reachMax: Int64 = 1_000_000

    private let replacement: RecordingReplacement
    private var blocks: [Block] = []
    private var sessions: [Session] = []
    private let known: Absences

    /// Reads what is known; all rows must be in `replacement`, including the rows that they refer to.
    init(_ replacement: RecordingReplacement) throws(ArchiveError) {
        self.replacement = replacement
        known = Absences(try AbsenceRow.all(on: replacement.handle, path: replacement.path))
        let rows = try replacement.statement(
            """
            SELECT b.first_message_index, b.last_message_index, b.ts_first, b.ts_last, b.connection_id, c.feed_id,
                f.session_id, b.message_count
            FROM message_block b JOIN connection c USING (connection_id) JOIN feed f USING (feed_id)
            ORDER BY b.first_message_index
            """
        )
        var held: [Int64: Int64] = [:]
        while try rows.step() {
            blocks.append(
                Block(
                    first: rows.integer(0),
                    last: rows.integer(1),
                    tsFirst: rows.integer(2),
                    tsLast: rows.integer(3),
                    connectionID: rows.integer(4),
                    feedID: rows.integer(5),
                    sessionID: rows.integer(6)
                )
            )
            held[rows.integer(6), default: 0] += rows.integer(7)
        }
        let list = try replacement.statement(
            "SELECT session_id, ts_start, ts_end, messages_received, messages_sent FROM session ORDER BY session_id"
        )
        while try list.step() {
            let id = list.integer(0)
            let claims = [list.optionalInteger(3), list.optionalInteger(4)].compactMap { $0 }.filter { $0 >= 0 }
            sessions.append(
                Session(
                    sessionID: id,
                    tsStart: list.integer(1),
                    tsEnd: list.optionalInteger(2),
                    claimed: claims.count == 2 && !list.isNull(2) ? claims[0].addingSaturated(claims[1]) : nil,
                    claimedSent: claims.count == 2 && !list.isNull(2) ? claims[1] : nil,
                    held: held[id] ?? 0,
                    missing: known.count(.message, session: id)
                )
            )
        }
    }

    /// The losses, in order of their messages.
    mutating func find(_ salvager: Salvager) throws(ArchiveError) -> [Loss] {
        guard let range = try extent(salvager), !sessions.isEmpty else { return [] }
        var losses: [Loss] = []
        for missing in salvager.storedMessages.missing(in: range) {
            for part in known.uncovered(of: missing) { losses += divided(part, salvager) }
        }
        for session in sessions { noteSent(of: session, salvager, in: &losses) }
        return losses
    }

    /// Notes how many messages of a loss we had sent, if the session has only one loss.
    private func noteSent(of session: Session, _ salvager: Salvager, in losses: inout [Loss]) {
        let own = losses.indices.filter { losses[$0].sessionID == session.sessionID }
        guard own.count == 1, let claimed = session.claimedSent, known.count(.message, session: session.sessionID) == 0
        else { return }
        let connections = Set(blocks.filter { $0.sessionID == session.sessionID }.map(\.connectionID))
        let stored = connections.reduce(0) { $0 + (salvager.sentMessages[$1] ?? 0) }
        losses[own[0]].sent = min(losses[own[0]].count, max(0, claimed - stored))
    }

    /// The first and the last message that ever existed, as far as the evidence shows.
    private func extent(_ salvager: Salvager) throws(ArchiveError) -> ClosedRange<Int64>? {
        var last = blocks.map(\.last).max() ?? -1
        let claims = sessions.map(\.claimed)
        let total = claims.reduce(Int64(0)) { $0 &+ ($1 ?? 0) }
        if !claims.contains(nil), total > 0, total < 1 << 53 {
            // A recording numbers its messages from 0, unless the stored messages show otherwise.
            let first = blocks.first?.first ?? 0
            if salvager.damagedBlocks.isEmpty, last - first + 1 == total { return first...last }
            return 0...max(last, total - 1)
        }
        let reach = last + Self.reachMax
        for block in salvager.damagedBlocks where block.messages.upperBound <= reach {
            last = max(last, block.messages.upperBound)
        }
        for table in ["quote", "trade", "margin_update", "venue_bar", "order_update", "event"] {
            let newest = try RowQueries.integer(
                "SELECT max(message_index) FROM \(table) WHERE message_index <= \(reach)",
                on: replacement.handle,
                path: replacement.path
            )
            last = max(last, newest)
        }
        return last >= 0 ? 0...last : nil
    }

    /// Divides a range of consecutive messages among the sessions that they can belong to.
    private mutating func divided(_ range: ClosedRange<Int64>, _ salvager: Salvager) -> [Loss] {
        let before = blocks.last { $0.first < range.lowerBound }
        let after = blocks.first { $0.last > range.upperBound }
        let from = sessions.firstIndex { $0.sessionID == before?.sessionID } ?? 0
        let to = sessions.firstIndex { $0.sessionID == after?.sessionID } ?? sessions.count - 1
        var next = range.lowerBound
        var losses: [Loss] = []
        for index in from...max(from, to) where next <= range.upperBound {
            let session = sessions[index]
            var count = range.upperBound - next + 1
            if index < to {
                guard let claimed = session.claimed else { continue }
                count = min(count, max(0, claimed - session.held - session.missing))
            }
            guard count > 0 else { continue }
            let part = next...next + count - 1
            let damaged = salvager.damagedBlocks.first { $0.messages.overlaps(part) }
            let source = blocks.first { $0.connectionID == damaged?.connectionID }
            let tsFrom = before?.sessionID == session.sessionID ? before?.tsLast ?? session.tsStart : session.tsStart
            let tsTo = after?.sessionID == session.sessionID ? after?.tsFirst : session.tsEnd
            losses.append(
                Loss(
                    sessionID: session.sessionID,
                    messages: part,
                    feedID: source?.feedID,
                    connectionID: source?.connectionID,
                    tsFrom: min(tsFrom, tsTo ?? tsFrom),
                    tsTo: tsTo.map { max($0, tsFrom) }
                )
            )
            sessions[index].missing += count
            next += count
        }
        return losses
    }

    /// Stores the losses.
    func write(_ losses: [Loss], now: UnixNanoseconds) throws(ArchiveError) {
        let rows = try RowInserter(on: replacement.handle, path: replacement.path)
        var gapID = try RowQueries.integer(
            "SELECT max(gap_id) FROM gap",
            on: replacement.handle,
            path: replacement.path
        )
        for loss in losses {
            let absence = AbsenceRow(
                sessionID: loss.sessionID,
                kind: .message,
                cause: .damage,
                messages: loss.messages,
                rowCount: loss.count,
                tsNoted: now
            )
            try absence.insert(on: replacement.handle, path: replacement.path)
            guard loss.count > loss.sent else { continue }
            gapID += 1
            let gap = GapRow(
                gapID: gapID,
                sessionID: loss.sessionID,
                feedID: loss.feedID,
                connectionID: loss.connectionID,
                tsFrom: UnixNanoseconds(loss.tsFrom),
                tsTo: UnixNanoseconds(loss.tsTo ?? loss.tsFrom),
                cause: GapRow.damageCause,
                detail: "messages \(loss.messages.lowerBound) to \(loss.messages.upperBound) can no longer be read",
                estimatedCount: loss.count - loss.sent
            )
            try rows.insert(gap)
        }
    }
}
