/// Ends the sessions of killed programs.
extension WriterConnection {
    /// Ends the sessions of one kind that have no end, and their connections, at their last stored messages.
    ///
    /// - Returns: the number of sessions.
    func endKilled(_ kind: SessionKind) throws(ArchiveError) -> Int64 {
        try run(Self.closeConnections) { $0.bind(1, kind.rawValue) }
        try run(Self.endSessions) { $0.bind(1, kind.rawValue) }
        let changes = try PreparedStatement("SELECT changes()", on: handle, path: path)
        defer { changes.reset() }
        return try changes.step() ? changes.integer(0) : 0
    }

    private static let closeConnections = """
        UPDATE connection SET closed_by = 'none', ts_closed = coalesce(
            (SELECT max(b.ts_last) FROM message_block b WHERE b.connection_id = connection.connection_id), ts_opened)
        WHERE ts_closed IS NULL AND feed_id IN (SELECT f.feed_id FROM feed f JOIN session s
            ON s.session_id = f.session_id WHERE s.ts_end IS NULL AND s.kind = ?1)
        """

    private static let endSessions = """
        UPDATE session SET end_cause = 'killed', ts_end = coalesce(
            (SELECT max(b.ts_last) FROM feed f JOIN connection c ON c.feed_id = f.feed_id
                JOIN message_block b ON b.connection_id = c.connection_id WHERE f.session_id = session.session_id),
            ts_start)
        WHERE ts_end IS NULL AND kind = ?1
        """
}
