package import MarketModel

/// Identifies a feed across sessions and files.
package struct FeedKey: Hashable, Sendable {
    package let name: String
    package let venue: String

    package init(name: String, venue: String) {
        self.name = name
        self.venue = venue
    }
}

/// What the recordings of an archive know of a feed.
package struct FeedPast: Hashable, Sendable {
    /// The open `restart` gap in the present file; if there is one, ``FeedEnd/ts`` is not used.
    package internal(set) var gap: GapRow?
    /// The rate over the last minutes with messages; empty if there were none.
    package fileprivate(set) var rate = DeliveryRate()
    fileprivate(set) var tsEnd: UnixNanoseconds?
    fileprivate(set) var reason: FeedEnd.Reason?

    /// Where the recording of the feed ended; `nil` if it was never recorded.
    package var end: FeedEnd? {
        guard let tsEnd, let reason else { return nil }
        return FeedEnd(ts: tsEnd, reason: reason)
    }

    /// True if earlier files have nothing to add.
    package var isComplete: Bool { tsEnd != nil && rate.spanNS >= DeliveryRateQuery.spanMin }

    /// Adds what earlier files know and later ones do not.
    package mutating func complete(by earlier: FeedPast) {
        if rate.spanNS < DeliveryRateQuery.spanMin { rate.add(earlier.rate) }
        tsEnd = tsEnd ?? earlier.tsEnd
        // If a feed continued in the next file but never connected there, that file knows the reason of its end.
        reason = reason ?? earlier.reason
    }
}

/// Where the recording of a feed ended.
package struct FeedEnd: Hashable, Sendable {
    /// Why it ended.
    package enum Reason: Sendable, Hashable {
        case stopped
        case killed
        /// Its session continues without it.
        case removed
    }

    /// Nothing is recorded after this: the end of the last connection, or of the gap that was open then.
    package let ts: UnixNanoseconds
    package let reason: Reason
}

/// Queries one recording for the end of its feeds.
struct FeedEndQuery {
    /// A feed has at most two connections at a time; the others may be failed attempts.
    private static let connectionsMax = 8
    /// The event of a removed feed comes at most this long after its end.
    private static let farewellNS: Int64 = 600_000_000_000

    let handle: OpaquePointer?
    let path: String

    /// What this recording knows of a feed, from the newest session that has each fact.
    func past(of key: FeedKey) throws(ArchiveError) -> FeedPast {
        let sql = """
            SELECT f.feed_id, s.ts_end IS NULL, s.end_cause, s.ts_start FROM feed f
            JOIN session s ON s.session_id = f.session_id
            WHERE f.name = ? AND f.venue = ? AND s.kind = 'record' ORDER BY f.feed_id DESC LIMIT 64
            """
        let feeds = try PreparedStatement(sql, on: handle, path: path)
        feeds.bind(1, key.name)
        feeds.bind(2, key.venue)
        defer { feeds.reset() }
        var past = FeedPast()
        let rates = DeliveryRateQuery(handle: handle, path: path)
        while past.tsEnd == nil || past.rate.spanNS < DeliveryRateQuery.spanMax, try feeds.step() {
            let id = feeds.integer(0)
            // A feed that never connected has no end.
            let ts = past.tsEnd == nil ? try end(ofFeed: id) : nil
            if past.reason == nil {
                past.reason = Self.reason(isOpen: feeds.integer(1) != 0, endCause: feeds.text(2))
                if try hasLeft(id, after: ts ?? feeds.integer(3)) { past.reason = .removed }
            }
            past.tsEnd = past.tsEnd ?? ts.map { UnixNanoseconds($0) }
            if past.rate.spanNS < DeliveryRateQuery.spanMax { past.rate.add(try rates.rate(feedID: id)) }
        }
        return past
    }

    /// True for a feed that was removed before its session ended.
    private func hasLeft(_ id: Int64, after time: Int64) throws(ArchiveError) -> Bool {
        let sql = """
            SELECT 1 FROM event WHERE ts_recv BETWEEN ?2 AND ?3 AND kind = '\(EventRow.feedLeftKind)' AND feed_id = ?1
                AND message_index IS NULL
            """
        let statement = try PreparedStatement(sql, on: handle, path: path)
        statement.bind(1, id)
        statement.bind(2, time)
        statement.bind(3, time > .max - Self.farewellNS ? .max : time + Self.farewellNS)
        defer { statement.reset() }
        return try statement.step()
    }

    /// After a rotation, a feed that is still recorded continues in the next file.
    private static func reason(isOpen: Bool, endCause: String) -> FeedEnd.Reason {
        if isOpen || endCause == "rotation" { return .removed }
        return endCause == "killed" ? .killed : .stopped
    }

    /// The end of a feed's last connection, or of its last gap or closed time if that is later.
    ///
    /// A connection without an end ends with its last message: it continued in another file, or its recorder was
    /// killed. A `restart` gap may have been begun by an earlier session of the feed.
    func end(ofFeed id: Int64) throws(ArchiveError) -> Int64? {
        let sql = """
            SELECT max(ts) FROM (
                SELECT coalesce(ts_closed, (SELECT b.ts_last FROM message_block b
                    WHERE b.connection_id = c.connection_id ORDER BY b.first_message_index DESC LIMIT 1), ts_opened) AS ts
                FROM (SELECT connection_id, ts_opened, ts_closed FROM connection
                    WHERE feed_id = ?1 ORDER BY connection_id DESC LIMIT \(Self.connectionsMax)) c
                UNION ALL SELECT max(ts_to) FROM gap WHERE feed_id = ?1 AND instrument_id IS NULL
                UNION ALL SELECT max(g.ts_to) FROM feed own JOIN session s ON s.session_id = own.session_id
                    JOIN feed f ON f.name = own.name AND f.venue = own.venue JOIN gap g ON g.feed_id = f.feed_id
                    WHERE own.feed_id = ?1 AND g.cause = 'restart' AND g.ts_to >= s.ts_start
                \(try lastClosedTime()))
            """
        let statement = try PreparedStatement(sql, on: handle, path: path)
        statement.bind(1, id)
        defer { statement.reset() }
        return try statement.step() ? statement.optionalInteger(0) : nil
    }

    /// The time up to which the recorder knew that the market was closed, for ``end(ofFeed:)``.
    private func lastClosedTime() throws(ArchiveError) -> String {
        // Older files do not have this table.
        guard try RowQueries.hasTable("closed_span", on: handle, path: path) else { return "" }
        return "UNION ALL SELECT max(coalesce(ts_to, ts_from)) FROM closed_span WHERE feed_id = ?1"
    }

    /// The rate of a feed; if this file has too little data, earlier files of the archive are read, too.
    func rate(of key: FeedKey) throws(ArchiveError) -> DeliveryRate {
        var past = try past(of: key)
        guard past.rate.spanNS < DeliveryRateQuery.spanMin else { return past.rate }
        let directory = ArchiveLocation.directory(of: path)
        if let earlier = FeedEndSearch.find([key], in: directory, except: path)[key] { past.complete(by: earlier) }
        return past.rate
    }
}
