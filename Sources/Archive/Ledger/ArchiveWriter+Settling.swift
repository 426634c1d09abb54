import MarketModel

/// Settles gaps that no recorder will end.
extension ArchiveWriter {
    /// Closes the open gaps of ended sessions, except those that a recorder of `feeds` will end.
    ///
    /// An open `restart` gap is removed. When its feed is recorded again, it is stored again in the file of that day:
    /// an absence has one row, whatever the number of files it spans. If recorders ran in between without receiving
    /// anything, the gap ends with the last of them instead, because their time counts in this file. Other gaps end
    /// with their session.
    package func settleGaps(exceptOf feeds: Set<FeedKey> = []) async throws(ArchiveError) {
        _ = try await perform { connection throws(ArchiveError) in
            try connection.run(
                """
                UPDATE gap SET ts_to = max(ts_from, (SELECT s.ts_end FROM session s WHERE s.session_id = gap.session_id))
                WHERE ts_to IS NULL AND cause <> 'restart'
                    AND session_id IN (SELECT session_id FROM session WHERE ts_end IS NOT NULL AND kind = 'record')
                """
            ) { _ in }
            let restarts = OpenRestarts(connection)
            for gap in try restarts.all() where !feeds.contains(gap.feed) { try restarts.settle(gap) }
        }
    }
}

/// The open `restart` gaps of a recording; inside a transaction of the writer.
private struct OpenRestarts {
    struct Gap {
        let gapID: Int64
        let sessionID: Int64
        let tsFrom: Int64
        let feed: FeedKey
    }

    private let connection: WriterConnection
    private let ends: FeedEndQuery

    init(_ connection: WriterConnection) {
        self.connection = connection
        ends = FeedEndQuery(handle: connection.handle, path: connection.path)
    }

    func all() throws(ArchiveError) -> [Gap] {
        let sql = """
            SELECT g.gap_id, g.session_id, g.ts_from, f.name, f.venue FROM gap g JOIN feed f ON f.feed_id = g.feed_id
            WHERE g.ts_to IS NULL AND g.cause = 'restart'
            """
        let statement = try PreparedStatement(sql, on: connection.handle, path: connection.path)
        var gaps: [Gap] = []
        while try statement.step() {
            gaps.append(
                Gap(
                    gapID: statement.integer(0),
                    sessionID: statement.integer(1),
                    tsFrom: statement.integer(2),
                    feed: FeedKey(name: statement.text(3), venue: statement.text(4))
                )
            )
        }
        return gaps
    }

    func settle(_ gap: Gap) throws(ArchiveError) {
        guard let tsTo = try endOfRuns(since: gap), tsTo > gap.tsFrom else {
            return try connection.removeGap(gap.gapID, ofSession: gap.sessionID)
        }
        let estimate = try ends.rate(of: gap.feed).estimate(over: tsTo.subtractingSaturated(gap.tsFrom))
        try connection.run("UPDATE gap SET ts_to = ?, estimated_count = ? WHERE gap_id = ?") {
            $0.bind(1, tsTo)
            $0.bind(2, estimate)
            $0.bind(3, gap.gapID)
        }
    }

    /// The end of the last session of the feed since the gap began; `nil` if there was none, or it left no trace.
    private func endOfRuns(since gap: Gap) throws(ArchiveError) -> Int64? {
        let sql = """
            SELECT f.feed_id, CASE WHEN s.end_cause <> 'killed' THEN s.ts_end END
            FROM feed f JOIN session s ON s.session_id = f.session_id
            WHERE f.name = ? AND f.venue = ? AND s.kind = 'record' AND s.ts_start >= ?
            """
        let statement = try PreparedStatement(sql, on: connection.handle, path: connection.path)
        statement.bind(1, gap.feed.name)
        statement.bind(2, gap.feed.venue)
        statement.bind(3, gap.tsFrom)
        var last: Int64?
        while try statement.step() {
            let ends = [statement.optionalInteger(1), try ends.end(ofFeed: statement.integer(0))]
            last = (ends + [last]).compactMap { $0 }.max()
        }
        return last
    }
}

extension WriterConnection {
    func removeGap(_ gapID: Int64, ofSession sessionID: Int64) throws(ArchiveError) {
        try run("DELETE FROM gap WHERE gap_id = ?") { $0.bind(1, gapID) }
        // A session that has counted its gaps has one less.
        try run("UPDATE session SET gap_count = gap_count - 1 WHERE session_id = ?") { $0.bind(1, sessionID) }
    }
}
