/// Makes the counts and notes of a salvaged recording agree with its content.
struct CountSettlement {
    private let replacement: RecordingReplacement
    private let stamp: UpkeepStamp

    init(_ replacement: RecordingReplacement, _ stamp: UpkeepStamp) {
        self.replacement = replacement
        self.stamp = stamp
    }

    /// Removes rows whose message numbers no session can have had: these numbers are damaged.
    func removeStrangers(outside bounds: [ClosedRange<Int64>]) throws(ArchiveError) {
        let inside = bounds.map { "message_index BETWEEN \($0.lowerBound) AND \($0.upperBound)" }
        // SQLite limits the depth of an expression; a recording has few sessions.
        guard inside.count < 500 else { return }
        let condition = inside.isEmpty ? "false" : inside.joined(separator: " OR ")
        for table in ["quote", "trade", "margin_update", "venue_bar", "order_update", "event"] {
            try replacement.execute("DELETE FROM \(table) WHERE message_index IS NOT NULL AND NOT (\(condition))")
        }
    }

    func markIncomplete(_ bars: [GapBars.Key]) throws(ArchiveError) {
        let statement = try replacement.statement(
            """
            UPDATE bar SET is_complete = 0 WHERE instrument_id = ? AND side = ? AND interval_ns = ? AND ts_open = ?
            """
        )
        for bar in bars {
            statement.bind(1, bar.instrumentID)
            statement.bind(2, bar.side)
            statement.bind(3, bar.intervalNS)
            statement.bind(4, bar.tsOpen)
            try statement.run()
        }
    }

    /// Notes rows that a session stored and that are lost, and corrects a session that claims fewer rows than exist.
    ///
    /// - Returns: the number of lost rows, by kind.
    func settle(_ report: RecordingReport) throws(ArchiveError) -> [AbsentKind: Int64] {
        var lost: [AbsentKind: Int64] = [:]
        for mismatch in report.mismatches {
            let missing = mismatch.claimed.subtractingReportingOverflow(mismatch.accounted)
            guard mismatch.kind != .message, !missing.overflow, missing.partialValue > 0,
                missing.partialValue < 1 << 53
            else {
                try correct(mismatch)
                continue
            }
            lost[mismatch.kind, default: 0] += missing.partialValue
            let absence = AbsenceRow(
                sessionID: mismatch.sessionID,
                kind: mismatch.kind,
                cause: .damage,
                rowCount: missing.partialValue,
                tsNoted: stamp.now
            )
            try absence.insert(on: replacement.handle, path: replacement.path)
        }
        return lost
    }

    private func correct(_ mismatch: CountMismatch) throws(ArchiveError) {
        // Bars belong to no session, so the first session gets the correction.
        let condition =
            mismatch.sessionID.map { "session_id = \($0)" } ?? "session_id = (SELECT min(session_id) FROM session)"
        let value =
            mismatch.sessionID == nil
            ? "\(mismatch.accounted) - (SELECT coalesce(sum(bar_count), 0) FROM session WHERE session_id > "
                + "(SELECT min(session_id) FROM session))"
            : "\(mismatch.accounted)"
        try replacement.execute("UPDATE session SET \(mismatch.column) = \(value) WHERE \(condition)")
    }

    func note(_ outcome: RepairOutcome) throws(ArchiveError) {
        let rows = outcome.lostRows.sorted { $0.key.rawValue < $1.key.rawValue }
            .map { ",\"\($0.key.rawValue)s\":\($0.value)" }.joined()
        let row = UpkeepRow(
            kind: .repair,
            ts: stamp.now,
            programVersion: stamp.programVersion,
            detail: "{\"lost_messages\":\(outcome.lostMessageCount),\"damaged_pages\":\(outcome.damagedPages)\(rows)}"
        )
        try row.insert(on: replacement.handle, path: replacement.path)
    }
}
