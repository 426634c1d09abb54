import MarketModel

/// Notes what pruning removes from a recording, for each session, while the old file is attached as `source`.
struct PruneNotes {
    private let replacement: RecordingReplacement
    private let stamp: UpkeepStamp

    init(_ replacement: RecordingReplacement, _ stamp: UpkeepStamp) {
        self.replacement = replacement
        self.stamp = stamp
    }

    /// Adds one row for each session: its first and last message, and the number of removed messages.
    func noteMessages() throws(ArchiveError) {
        try note(
            """
            SELECT f.session_id, 'message', min(b.first_message_index), max(b.last_message_index), sum(b.message_count)
            FROM source.message_block b JOIN source.connection c USING (connection_id) JOIN source.feed f USING (feed_id)
            GROUP BY 1
            """
        )
    }

    /// Adds one row for each session and kind.
    func noteTicks() throws(ArchiveError) {
        for (table, kind, condition) in [
            ("quote", "quote", "true"), ("trade", "trade", "true"), ("margin_update", "margin_update", "true"),
            ("event", "event", "is_oddity = 0"), ("event", "oddity", "is_oddity = 1"),
        ] {
            // Sessions follow each other, so a message belongs to the last session that begins at or before it.
            try note(
                """
                WITH begun(session_id, first) AS (
                    SELECT session_id, min(first) FROM (
                        SELECT f.session_id, b.first_message_index AS first
                        FROM source.message_block b JOIN source.connection c USING (connection_id)
                            JOIN source.feed f USING (feed_id)
                        UNION ALL
                        SELECT session_id, first_message_index FROM main.absence
                        WHERE kind = 'message' AND session_id IS NOT NULL AND first_message_index IS NOT NULL)
                    GROUP BY 1),
                span(session_id, first, next) AS (
                    SELECT session_id, first, lead(first, 1, 9223372036854775807) OVER (ORDER BY first) FROM begun)
                SELECT s.session_id, '\(kind)', NULL, NULL, (
                    SELECT count(*) FROM source.\(table)
                    WHERE message_index >= s.first AND message_index < s.next AND \(condition)) AS n
                FROM span s WHERE n > 0
                """
            )
        }
    }

    func noteBars() throws(ArchiveError) {
        try note("SELECT NULL, 'bar', NULL, NULL, count(*) FROM source.bar HAVING count(*) > 0")
    }

    private func note(_ select: String) throws(ArchiveError) {
        try replacement.execute(
            """
            INSERT INTO main.absence (session_id, kind, cause, first_message_index, last_message_index, row_count, ts_noted)
            SELECT t.*, \(stamp.now.rawValue) FROM (
                SELECT a, b, 'prune', c, d, e FROM (SELECT NULL AS a, NULL AS b, NULL AS c, NULL AS d, NULL AS e WHERE false
                    UNION ALL SELECT * FROM (\(select)))) t
            """
        )
    }
}
