/// Ends the sessions of killed imports.
extension ArchiveWriter {
    /// Ends the sessions of killed imports at their last message and without a gap: a repeated import continues there.
    ///
    /// The caller holds the archive's lock, so no import can be running.
    package func endKilledImports() async throws(ArchiveError) {
        let count = try await perform { connection throws(ArchiveError) in
            try connection.run(Self.endImportGaps) { _ in }
            try connection.run(Self.closeImportConnections) { _ in }
            try connection.run(Self.endImportSessions) { _ in }
            let changes = try PreparedStatement("SELECT changes()", on: connection.handle, path: connection.path)
            defer { changes.reset() }
            return try changes.step() ? changes.integer(0) : 0
        }
        if count > 0 { try await countKilledSessions() }
    }

    private static let endImportGaps = """
        UPDATE gap SET ts_to = max(ts_from, coalesce(
            (SELECT max(b.ts_last) FROM connection c JOIN message_block b ON b.connection_id = c.connection_id
                WHERE c.feed_id = gap.feed_id), ts_from))
        WHERE ts_to IS NULL AND session_id IN (SELECT session_id FROM session WHERE ts_end IS NULL AND kind = 'import')
        """

    private static let closeImportConnections = """
        UPDATE connection SET closed_by = 'none', ts_closed = coalesce(
            (SELECT max(b.ts_last) FROM message_block b WHERE b.connection_id = connection.connection_id), ts_opened)
        WHERE ts_closed IS NULL AND feed_id IN (SELECT f.feed_id FROM feed f JOIN session s
            ON s.session_id = f.session_id WHERE s.ts_end IS NULL AND s.kind = 'import')
        """

    private static let endImportSessions = """
        UPDATE session SET end_cause = 'killed', ts_end = coalesce(
            (SELECT max(b.ts_last) FROM feed f JOIN connection c ON c.feed_id = f.feed_id
                JOIN message_block b ON b.connection_id = c.connection_id WHERE f.session_id = session.session_id),
            ts_start)
        WHERE ts_end IS NULL AND kind = 'import'
        """
}
