import CSQLite

/// Writes the ends of the feeds of killed recorders into the ledger, inside a transaction of the writer.
///
/// Open gaps and closed times end at the time when their recorder was last known to be alive. A gap of cause `restart`
/// begins there if a gap was open, and with the last message of the feed otherwise. If the market was closed, no gap
/// begins: the next recorder decides by its own sessions what is missing.
struct KilledFeeds {
    private struct Feed {
        let id: Int64
        let sessionID: Int64
        let name: String
        let venue: String
    }

    private struct OpenGap {
        let id: Int64
        let tsFrom: Int64
        let cause: String
    }

    private let connection: WriterConnection
    private let ends: FeedEndQuery

    init(_ connection: WriterConnection) {
        self.connection = connection
        ends = FeedEndQuery(handle: connection.handle, path: connection.path)
    }

    func declare() throws(ArchiveError) {
        for feed in try feeds() { try declare(feed) }
    }

    private func declare(_ feed: Feed) throws(ArchiveError) {
        let alive = try lastSign(ofSession: feed.sessionID)
        let wasClosed = try endClosedSpans(of: feed, at: alive)
        let open = try openGaps(of: feed)
        let others = open.filter { $0.cause != "restart" }
        try end(others, of: feed, at: alive)
        // An open `restart` gap of an earlier recorder is the same absence.
        guard others.count == open.count else { return }
        let isConnected = try isConnected(feed)
        guard isConnected || !others.isEmpty, let ts = try ends.end(ofFeed: feed.id) else { return }
        // Nothing is missing yet; the next recorder knows when the market opened.
        guard !wasClosed else { return }
        try connection.run(
            """
            INSERT INTO gap (session_id, feed_id, ts_from, cause, detail)
            VALUES (?, ?, ?, 'restart', 'the recorder was killed')
            """
        ) {
            $0.bind(1, feed.sessionID)
            $0.bind(2, feed.id)
            $0.bind(3, ts)
        }
    }

    /// Ends the closed times of a feed; returns true if its market was closed at `alive`, as far as the recorder knew.
    ///
    /// A recorder that stored the beginning of a closed time was alive then, so the closed time is never empty.
    private func endClosedSpans(of feed: Feed, at alive: Int64) throws(ArchiveError) -> Bool {
        try connection.run(
            """
            UPDATE closed_span SET ts_to = max(ts_from + 1, ?2) WHERE feed_id = ?1 AND (ts_to IS NULL OR ts_to > ?2)
            """
        ) {
            $0.bind(1, feed.id)
            $0.bind(2, alive)
        }
        return sqlite3_changes(connection.handle) > 0
    }

    private func end(_ gaps: [OpenGap], of feed: Feed, at alive: Int64) throws(ArchiveError) {
        guard !gaps.isEmpty else { return }
        // The gap may have begun in an earlier file, so that this one has no messages.
        let rate = try ends.rate(of: FeedKey(name: feed.name, venue: feed.venue))
        var countedUntil = Int64.min
        for gap in gaps {
            let tsTo = max(gap.tsFrom, alive)
            // Time that two gaps share is counted once.
            let from = max(gap.tsFrom, countedUntil)
            countedUntil = max(countedUntil, tsTo)
            try connection.run("UPDATE gap SET ts_to = ?, estimated_count = ? WHERE gap_id = ?") {
                $0.bind(1, tsTo)
                $0.bind(2, rate.estimate(over: tsTo.subtractingReportingOverflow(from).partialValue))
                $0.bind(3, gap.id)
            }
        }
    }

    // MARK: Queries

    /// The feeds of killed sessions; of a feed that SIGHUP changed, only the last row.
    private func feeds() throws(ArchiveError) -> [Feed] {
        let sql = """
            SELECT f.feed_id, f.session_id, f.name, f.venue FROM feed f JOIN session s ON s.session_id = f.session_id
            WHERE s.ts_end IS NULL AND s.kind = 'record' AND NOT EXISTS (SELECT 1 FROM feed later
                WHERE later.session_id = f.session_id AND later.name = f.name AND later.venue = f.venue
                    AND later.feed_id > f.feed_id)
            ORDER BY f.feed_id
            """
        let statement = try PreparedStatement(sql, on: connection.handle, path: connection.path)
        var feeds: [Feed] = []
        while try statement.step() {
            feeds.append(
                Feed(
                    id: statement.integer(0),
                    sessionID: statement.integer(1),
                    name: statement.text(2),
                    venue: statement.text(3)
                )
            )
        }
        return feeds
    }

    /// The open gaps of a feed, including those that it continued from an earlier session.
    private func openGaps(of feed: Feed) throws(ArchiveError) -> [OpenGap] {
        let sql = """
            SELECT g.gap_id, g.ts_from, g.cause FROM gap g JOIN feed f ON f.feed_id = g.feed_id
            WHERE g.ts_to IS NULL AND g.instrument_id IS NULL AND f.name = ? AND f.venue = ? ORDER BY g.ts_from, g.gap_id
            """
        let statement = try PreparedStatement(sql, on: connection.handle, path: connection.path)
        statement.bind(1, feed.name)
        statement.bind(2, feed.venue)
        var gaps: [OpenGap] = []
        while try statement.step() {
            gaps.append(OpenGap(id: statement.integer(0), tsFrom: statement.integer(1), cause: statement.text(2)))
        }
        return gaps
    }

    /// False for a feed that left its session before the kill, or never connected: the kill lost none of its data.
    private func isConnected(_ feed: Feed) throws(ArchiveError) -> Bool {
        let sql = "SELECT count(*) FROM connection WHERE feed_id = ? AND ts_closed IS NULL"
        let statement = try PreparedStatement(sql, on: connection.handle, path: connection.path)
        statement.bind(1, feed.id)
        defer { statement.reset() }
        return try statement.step() && statement.integer(0) > 0
    }

    /// The last time at which the recorder of a session is known to have been alive.
    private func lastSign(ofSession id: Int64) throws(ArchiveError) -> Int64 {
        let sql = """
            WITH own AS (SELECT c.connection_id, c.ts_opened, c.ts_closed FROM feed f
                JOIN connection c ON c.feed_id = f.feed_id WHERE f.session_id = ?1)
            SELECT max(ts) FROM (
                SELECT ts_start AS ts FROM session WHERE session_id = ?1
                UNION ALL SELECT max(ts_opened) FROM own
                UNION ALL SELECT max(ts_closed) FROM own
                UNION ALL SELECT (SELECT b.ts_last FROM message_block b WHERE b.connection_id = own.connection_id
                    ORDER BY b.first_message_index DESC LIMIT 1) FROM own
                UNION ALL SELECT max(ts_from) FROM gap WHERE session_id = ?1
                UNION ALL SELECT max(ts_to) FROM gap WHERE session_id = ?1
                UNION ALL SELECT max(c.ts_from) FROM closed_span c JOIN feed f ON f.feed_id = c.feed_id
                    WHERE f.session_id = ?1
                UNION ALL SELECT max(ts) FROM clock_sample
                    WHERE ts >= (SELECT ts_start FROM session WHERE session_id = ?1))
            """
        let statement = try PreparedStatement(sql, on: connection.handle, path: connection.path)
        statement.bind(1, id)
        defer { statement.reset() }
        return try statement.step() ? statement.integer(0) : 0
    }
}
