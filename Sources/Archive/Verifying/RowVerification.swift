import MarketModel

/// Compares the rows of a recording with its messages and with the counts that its sessions claim.
struct RowVerification {
    private let reader: ArchiveReader
    private let messages: [Int64: SessionMessages]
    private let absences: Absences
    private let last: Int64
    private let sessions: [SessionRow]

    /// The sessions in order of their messages; they do not overlap, because a recording has one writer.
    private let bounds: [(sessionID: Int64, first: Int64, last: Int64)]

    init(
        _ reader: ArchiveReader,
        messages: [Int64: SessionMessages],
        _ absences: Absences,
        through last: Int64
    ) throws(ArchiveError) {
        self.reader = reader
        self.messages = messages
        self.absences = absences
        sessions = try reader.sessions()
        // Rows can only have been added since the blocks were read if a session is still running.
        self.last = sessions.contains { $0.tsEnd == nil } ? last : .max
        bounds = messages.filter { $0.value.firstIndex <= $0.value.lastIndex }
            .map { ($0.key, $0.value.firstIndex, $0.value.lastIndex) }.sorted { $0.first < $1.first }
    }

    func run(_ report: inout RecordingReport) throws(ArchiveError) {
        let held = try held(&report)
        // Sessions do not count these rows, so only their messages are checked.
        report.orderUpdateCount = try countBySession(of: "order_update", &report).total
        report.venueBarCount = try countBySession(of: "venue_bar", &report).total
        report.quoteCount = held.quotes.total
        report.tradeCount = held.trades.total
        report.marginUpdateCount = held.marginUpdates.total
        report.eventCount = held.events.total
        report.oddityCount = held.oddities.total
        report.gapCount = held.gaps.values.reduce(0, +)
        report.barCount = try count("bar")
        report.sessionBounds = bounds.map { $0.first...$0.last }
        for session in sessions {
            guard let counts = session.counts else {
                report.openSessionCount += 1
                continue
            }
            let id = session.sessionID
            compareMessages(id, counts, &report)
            let there = held.counts(of: id)
            compare(id, "quote_count", .quote, counts.quoteCount, there.quoteCount, &report)
            compare(id, "trade_count", .trade, counts.tradeCount, there.tradeCount, &report)
            compare(
                id,
                "margin_update_count",
                .marginUpdate,
                counts.marginUpdateCount,
                there.marginUpdateCount,
                &report
            )
            compare(id, "event_count", .event, counts.eventCount, there.eventCount, &report)
            compare(id, "oddity_count", .oddity, counts.oddityCount, there.oddityCount, &report)
            compare(id, "gap_count", .gap, counts.gapCount, there.gapCount, &report)
        }
        compareBars(&report)
    }

    /// The stored rows, by session.
    struct Held {
        fileprivate var quotes = Counts()
        fileprivate var trades = Counts()
        fileprivate var marginUpdates = Counts()
        fileprivate var events = Counts()
        fileprivate var oddities = Counts()
        fileprivate var gaps: [Int64: Int64] = [:]

        /// The counts of one session, without messages and bars.
        func counts(of sessionID: Int64) -> SessionCounts {
            var counts = SessionCounts()
            counts.quoteCount = quotes[sessionID]
            counts.tradeCount = trades[sessionID]
            counts.marginUpdateCount = marginUpdates[sessionID]
            counts.eventCount = events[sessionID]
            counts.oddityCount = oddities[sessionID]
            counts.gapCount = gaps[sessionID] ?? 0
            return counts
        }
    }

    func held(_ report: inout RecordingReport) throws(ArchiveError) -> Held {
        var held = Held()
        held.quotes = try countBySession(of: "quote", &report)
        held.trades = try countBySession(of: "trade", &report)
        held.marginUpdates = try countBySession(of: "margin_update", &report)
        held.events = try countBySession(of: "event", where: "is_oddity = 0", &report)
        held.oddities = try countBySession(of: "event", where: "is_oddity = 1", &report)
        held.gaps = try gapsBySession()
        return held
    }

    // MARK: Counting

    fileprivate struct Counts {
        var bySession: [Int64: Int64] = [:]
        var total: Int64 = 0
        subscript(sessionID: Int64) -> Int64 { bySession[sessionID] ?? 0 }
    }

    /// Counts the rows of a table by the session of their message; rows without a stored message are reported.
    ///
    /// An event of our own has no message and counts for the session of its feed.
    private func countBySession(
        of table: String,
        where condition: String = "true",
        _ report: inout RecordingReport
    ) throws(ArchiveError) -> Counts {
        var counts = Counts()
        var orphans: Int64 = 0
        var orphan: Int64?
        try reader.read { handle throws(ArchiveError) in
            let statement = try PreparedStatement(
                "SELECT message_index FROM \(table) WHERE message_index <= ? AND \(condition)",
                on: handle,
                path: reader.path
            )
            statement.bind(1, last)
            var position = 0
            var run: Int64 = 0
            while try statement.step() {
                let index = statement.integer(0)
                counts.total += 1
                if bounds.indices.contains(position), index >= bounds[position].first, index <= bounds[position].last {
                    run += 1
                    continue
                }
                if bounds.indices.contains(position) { counts.bySession[bounds[position].sessionID, default: 0] += run }
                run = 0
                position = bounds.firstIndex { index >= $0.first && index <= $0.last } ?? bounds.count
                if position < bounds.count {
                    run = 1
                } else {
                    orphans += 1
                    orphan = orphan ?? index
                }
            }
            if bounds.indices.contains(position) { counts.bySession[bounds[position].sessionID, default: 0] += run }
        }
        if let orphan {
            report.add(
                .row,
                "\(Counted.text(orphans, "row")) of \(table) \(Counted.word(orphans, "belongs", "belong")) to messages "
                    + "that are not stored (the first: \(orphan))"
            )
        }
        if table == "event" { try addOwnEvents(where: condition, to: &counts) }
        return counts
    }

    private func addOwnEvents(where condition: String, to counts: inout Counts) throws(ArchiveError) {
        try reader.read { handle throws(ArchiveError) in
            let statement = try PreparedStatement(
                """
                SELECT f.session_id, count(*) FROM event e JOIN feed f ON f.feed_id = e.feed_id
                WHERE e.message_index IS NULL AND \(condition) GROUP BY 1
                """,
                on: handle,
                path: reader.path
            )
            while try statement.step() {
                counts.bySession[statement.integer(0), default: 0] += statement.integer(1)
                counts.total += statement.integer(1)
            }
        }
    }

    private func gapsBySession() throws(ArchiveError) -> [Int64: Int64] {
        var counts: [Int64: Int64] = [:]
        // Damage is found after the session has counted its gaps.
        for gap in try reader.gaps() where gap.cause != GapRow.damageCause { counts[gap.sessionID, default: 0] += 1 }
        return counts
    }

    func count(_ table: String) throws(ArchiveError) -> Int64 {
        try reader.read { handle throws(ArchiveError) in
            let statement = try PreparedStatement("SELECT count(*) FROM \(table)", on: handle, path: reader.path)
            defer { statement.reset() }
            return try statement.step() ? statement.integer(0) : 0
        }
    }

    // MARK: Comparing

    private func compare(
        _ sessionID: Int64,
        _ column: String,
        _ kind: AbsentKind,
        _ claimed: Int64,
        _ held: Int64,
        _ report: inout RecordingReport
    ) {
        let absent = absences.count(kind, session: sessionID)
        guard claimed != held + absent else { return }
        report.mismatches.append(
            CountMismatch(
                sessionID: sessionID,
                column: column,
                kind: kind,
                claimed: claimed,
                accounted: held + absent
            )
        )
        report.add(
            .count,
            "session \(sessionID) has \(column) \(claimed), but the recording contains \(held)"
                + (absent > 0 ? " and lacks \(absent)" : "")
        )
    }

    /// The missing messages cannot be divided into received and sent, so only their sum is compared.
    private func compareMessages(_ sessionID: Int64, _ counts: SessionCounts, _ report: inout RecordingReport) {
        let stored = messages[sessionID] ?? SessionMessages()
        let lacking = counts.messagesReceived &- stored.received &+ counts.messagesSent &- stored.sent
        let isPossible = counts.messagesReceived >= stored.received && counts.messagesSent >= stored.sent
        guard !isPossible || lacking != stored.missing else { return }
        report.mismatches.append(
            CountMismatch(
                sessionID: sessionID,
                column: "messages_received",
                kind: .message,
                claimed: counts.messagesReceived,
                accounted: stored.received &+ stored.missing
            )
        )
        if counts.messagesSent != stored.sent {
            report.mismatches.append(
                CountMismatch(
                    sessionID: sessionID,
                    column: "messages_sent",
                    kind: .message,
                    claimed: counts.messagesSent,
                    accounted: stored.sent
                )
            )
        }
        for (column, claimed, held) in [
            ("messages_received", counts.messagesReceived, stored.received),
            ("messages_sent", counts.messagesSent, stored.sent),
        ] where claimed != held {
            report.add(
                .count,
                "session \(sessionID) has \(column) \(claimed), but the recording contains \(held)"
                    + (stored.missing > 0 ? " and lacks \(Counted.text(stored.missing, "message"))" : "")
            )
        }
    }

    /// Bars belong to no session, and two sessions may have written the same bar, so the claimed sum is an upper limit.
    private func compareBars(_ report: inout RecordingReport) {
        guard report.openSessionCount == 0, !sessions.isEmpty else { return }
        let claimed = sessions.reduce(0) { $0 &+ ($1.counts?.barCount ?? 0) }
        let accounted = report.barCount + absences.count(.bar, session: nil)
        let isPossible = sessions.count == 1 ? accounted == claimed : accounted <= claimed
        guard !isPossible else { return }
        report.mismatches.append(
            CountMismatch(sessionID: nil, column: "bar_count", kind: .bar, claimed: claimed, accounted: accounted)
        )
        report.add(.count, "the sessions have bar_count \(claimed), but the recording contains \(report.barCount)")
    }
}
