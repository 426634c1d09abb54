import MarketModel

/// The time in which a feed was not recorded.
extension ArchiveWriter {
    /// The gap of a feed that a killed recorder left open in this recording, and where the feed ended in it.
    package func past(of feed: FeedKey) async throws(ArchiveError) -> (gap: GapRow?, end: FeedEnd?) {
        try await perform { connection throws(ArchiveError) in
            let sql = """
                SELECT g.gap_id, g.session_id, g.feed_id, g.ts_from, g.cause, g.detail
                FROM gap g JOIN feed f ON f.feed_id = g.feed_id WHERE g.ts_to IS NULL AND g.cause = 'restart'
                    AND f.name = ? AND f.venue = ? ORDER BY g.gap_id LIMIT 1
                """
            let statement = try PreparedStatement(sql, on: connection.handle, path: connection.path)
            statement.bind(1, feed.name)
            statement.bind(2, feed.venue)
            var gap: GapRow?
            if try statement.step() {
                gap = GapRow(
                    gapID: statement.integer(0),
                    sessionID: statement.integer(1),
                    feedID: statement.integer(2),
                    tsFrom: UnixNanoseconds(statement.integer(3)),
                    cause: statement.text(4),
                    detail: statement.optionalText(5)
                )
            }
            statement.reset()
            let query = FeedEndQuery(handle: connection.handle, path: connection.path)
            return (gap, try query.end(of: feed))
        }
    }

    /// How many messages of a feed came in a second at the end of what is stored; `nil` if there are none.
    package func messagesPerSecond(feedID: Int64) async throws(ArchiveError) -> Double? {
        try await perform { connection throws(ArchiveError) in
            try FeedEndQuery(handle: connection.handle, path: connection.path).messagesPerSecond(feedID: feedID)
        }
    }

    /// Leaves no gap open that no recorder of `feeds` will end; for sessions that have ended.
    ///
    /// An open `restart` gap is removed. It is written again, in the file of that day, when its feed is recorded again:
    /// an absence has one row, whatever the number of files it spans. Other gaps end with their session.
    package func settleGaps(exceptOf feeds: Set<FeedKey> = []) async throws(ArchiveError) {
        _ = try await perform { connection throws(ArchiveError) in
            try connection.run(
                """
                UPDATE gap SET ts_to = max(ts_from, (SELECT s.ts_end FROM session s WHERE s.session_id = gap.session_id))
                WHERE ts_to IS NULL AND cause <> 'restart'
                    AND session_id IN (SELECT session_id FROM session WHERE ts_end IS NOT NULL AND kind = 'record')
                """
            ) { _ in }
            for (gapID, sessionID) in try Self.openRestarts(exceptOf: feeds, on: connection) {
                try connection.run("DELETE FROM gap WHERE gap_id = ?") { $0.bind(1, gapID) }
                // A session that has counted its gaps has one less.
                try connection.run("UPDATE session SET gap_count = gap_count - 1 WHERE session_id = ?") {
                    $0.bind(1, sessionID)
                }
            }
        }
    }

    private static func openRestarts(
        exceptOf feeds: Set<FeedKey>,
        on connection: WriterConnection
    ) throws(ArchiveError) -> [(gapID: Int64, sessionID: Int64)] {
        let sql = """
            SELECT g.gap_id, g.session_id, f.name, f.venue FROM gap g JOIN feed f ON f.feed_id = g.feed_id
            WHERE g.ts_to IS NULL AND g.cause = 'restart'
            """
        let statement = try PreparedStatement(sql, on: connection.handle, path: connection.path)
        var rows: [(Int64, Int64)] = []
        while try statement.step() {
            guard !feeds.contains(FeedKey(name: statement.text(2), venue: statement.text(3))) else { continue }
            rows.append((statement.integer(0), statement.integer(1)))
        }
        return rows
    }
}
