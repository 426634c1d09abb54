import MarketModel

/// The time in which a feed was not recorded.
extension ArchiveWriter {
    /// What this recording knows of a feed, including the gap that an earlier recorder left open in it.
    package func past(of feed: FeedKey) async throws(ArchiveError) -> FeedPast {
        try await perform { connection throws(ArchiveError) in
            let sql = """
                SELECT g.gap_id, g.session_id, g.feed_id, g.ts_from, g.cause, g.detail
                FROM gap g JOIN feed f ON f.feed_id = g.feed_id WHERE g.ts_to IS NULL AND g.cause = 'restart'
                    AND f.name = ? AND f.venue = ? ORDER BY g.gap_id LIMIT 1
                """
            let statement = try PreparedStatement(sql, on: connection.handle, path: connection.path)
            statement.bind(1, feed.name)
            statement.bind(2, feed.venue)
            defer { statement.reset() }
            var past = try FeedEndQuery(handle: connection.handle, path: connection.path).past(of: feed)
            guard try statement.step() else { return past }
            past.gap = GapRow(
                gapID: statement.integer(0),
                sessionID: statement.integer(1),
                feedID: statement.integer(2),
                tsFrom: UnixNanoseconds(statement.integer(3)),
                cause: statement.text(4),
                detail: statement.optionalText(5)
            )
            return past
        }
    }

    /// The rate of a feed's last stored messages, per second; `nil` if there are none.
    package func messagesPerSecond(feedID: Int64) async throws(ArchiveError) -> Double? {
        try await perform { connection throws(ArchiveError) in
            try FeedEndQuery(handle: connection.handle, path: connection.path).messagesPerSecond(feedID: feedID)
        }
    }

    /// Removes a gap that was found not to be one.
    package func remove(_ gap: GapRow) async throws(ArchiveError) {
        _ = try await perform { connection throws(ArchiveError) in
            try connection.removeGap(gap.gapID, ofSession: gap.sessionID)
        }
    }
}
