/// Creates rows that were lost but that salvaged rows refer to, so that the salvaged rows can be found.
///
/// Such a row has the text `unknown` where the value is not known.
struct MissingParents {
    private let replacement: RecordingReplacement

    init(_ replacement: RecordingReplacement) {
        self.replacement = replacement
    }

    /// Creates the rows, and returns their number.
    func make() throws(ArchiveError) -> Int {
        var made = 0
        func make(_ sql: String) throws(ArchiveError) {
            let statement = try replacement.statement(sql + " RETURNING 1")
            while try statement.step() { made += 1 }
        }
        // A gap's references only help to find it, so they may be removed.
        try replacement.execute(
            """
            UPDATE gap SET connection_id = NULL WHERE connection_id NOT IN (SELECT connection_id FROM connection);
            UPDATE gap SET instrument_id = NULL WHERE instrument_id NOT IN (SELECT instrument_id FROM instrument);
            UPDATE gap SET feed_id = NULL WHERE feed_id NOT IN (SELECT feed_id FROM feed);
            DELETE FROM closed_span WHERE feed_id NOT IN (SELECT feed_id FROM feed);
            """
        )
        try make(
            """
            INSERT INTO connection (connection_id, feed_id, ts_opened)
            SELECT connection_id, (SELECT coalesce(max(feed_id), 1) FROM feed), min(ts_first) FROM message_block
            WHERE connection_id NOT IN (SELECT connection_id FROM connection) GROUP BY 1
            """
        )
        try make(
            """
            INSERT INTO feed (feed_id, session_id, name, venue)
            SELECT DISTINCT feed_id, (SELECT coalesce(max(session_id), 1) FROM session), 'unknown', 'unknown'
            FROM (SELECT feed_id FROM connection UNION SELECT feed_id FROM margin_update
                UNION SELECT feed_id FROM order_update UNION SELECT feed_id FROM event)
            WHERE feed_id NOT IN (SELECT feed_id FROM feed)
            """
        )
        try make(
            """
            INSERT INTO session (session_id, kind, ts_start, program_version, configuration)
            SELECT DISTINCT session_id, 'record', coalesce((SELECT min(ts_first) FROM message_block), 0), 'unknown', '{}'
            FROM (SELECT session_id FROM feed UNION SELECT session_id FROM gap)
            WHERE session_id NOT IN (SELECT session_id FROM session)
            """
        )
        try make(
            """
            INSERT INTO instrument (instrument_id, venue, symbol, price_digits, size_digits)
            SELECT DISTINCT instrument_id, 'unknown', 'instrument-' || instrument_id, 0, 0
            FROM (SELECT DISTINCT instrument_id FROM quote UNION SELECT DISTINCT instrument_id FROM trade
                UNION SELECT DISTINCT instrument_id FROM bar UNION SELECT DISTINCT instrument_id FROM venue_bar
                UNION SELECT DISTINCT instrument_id FROM book_checkpoint)
            WHERE instrument_id NOT IN (SELECT instrument_id FROM instrument)
            """
        )
        return made
    }
}
