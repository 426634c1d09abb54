/// Ends the sessions of killed imports.
extension ArchiveWriter {
    /// Ends the sessions of killed imports at their last message and without a gap: a repeated import continues there.
    ///
    /// The caller holds the archive's lock, so no import can be running.
    package func endKilledImports() async throws(ArchiveError) {
        let count = try await perform { connection throws(ArchiveError) in
            try connection.run(Self.endImportGaps) { _ in }
            return try connection.endKilled(.import)
        }
        if count > 0 { try await countKilledSessions() }
    }

    private static let endImportGaps = """
        UPDATE gap SET ts_to = max(ts_from, coalesce(
            (SELECT max(b.ts_last) FROM connection c JOIN message_block b ON b.connection_id = c.connection_id
                WHERE c.feed_id = gap.feed_id), ts_from))
        WHERE ts_to IS NULL AND session_id IN (SELECT session_id FROM session WHERE ts_end IS NULL AND kind = 'import')
        """
}
