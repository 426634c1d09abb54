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

    /// The rate of a feed over its last minutes with messages, including earlier files of the archive; empty if there
    /// are none.
    package func deliveryRate(feedID: Int64) async throws(ArchiveError) -> DeliveryRate {
        try await perform { connection throws(ArchiveError) in
            let (handle, path) = (connection.handle, connection.path)
            let feed = try PreparedStatement("SELECT name, venue FROM feed WHERE feed_id = ?", on: handle, path: path)
            feed.bind(1, feedID)
            defer { feed.reset() }
            guard try feed.step() else { return DeliveryRate() }
            let key = FeedKey(name: feed.text(0), venue: feed.text(1))
            return try FeedEndQuery(handle: handle, path: path).rate(of: key)
        }
    }
}
