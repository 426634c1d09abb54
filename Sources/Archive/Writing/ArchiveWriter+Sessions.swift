package import MarketModel

/// Stores sessions, feeds and connections.
extension ArchiveWriter {
    /// Stores a new session and returns its id.
    package func beginSession(_ start: SessionStart) async throws(ArchiveError) -> Int64 {
        try await perform { connection throws(ArchiveError) in
            try connection.run(
                """
                INSERT INTO session (kind, ts_start, host, program_version, configuration) VALUES (?, ?, ?, ?, ?)
                """
            ) {
                $0.bind(1, start.kind.rawValue)
                $0.bind(2, start.tsStart.rawValue)
                $0.bind(3, start.host)
                $0.bind(4, start.programVersion)
                $0.bind(5, start.configuration)
            }
        }
    }

    /// Stores how a session ended, and the counts that it claims.
    package func endSession(
        _ sessionID: Int64,
        tsEnd: UnixNanoseconds,
        cause: String,
        counts: SessionCounts
    ) async throws(ArchiveError) {
        _ = try await perform { connection throws(ArchiveError) in
            try connection.run("UPDATE session SET ts_end = ?, end_cause = ? WHERE session_id = ?") {
                $0.bind(1, tsEnd.rawValue)
                $0.bind(2, cause)
                $0.bind(3, sessionID)
            }
            return try connection.run(SessionCounts.update) { counts.bind($0, sessionID: sessionID) }
        }
    }

    /// Stores a feed of a session and returns its id.
    package func addFeed(_ feed: FeedRow) async throws(ArchiveError) -> Int64 {
        try await perform { connection throws(ArchiveError) in
            try connection.run(
                "INSERT INTO feed (session_id, name, venue, url, subscription) VALUES (?, ?, ?, ?, ?)"
            ) {
                $0.bind(1, feed.sessionID)
                $0.bind(2, feed.name)
                $0.bind(3, feed.venue)
                $0.bind(4, feed.url)
                $0.bind(5, feed.subscription)
            }
        }
    }

    /// Stores a newly opened connection and returns its id.
    package func openConnection(_ opened: ConnectionOpened) async throws(ArchiveError) -> Int64 {
        try await perform { connection throws(ArchiveError) in
            try connection.run(
                """
                INSERT INTO connection (feed_id, ts_opened, local_address, remote_address, proxy, tls_version, tls_cipher,
                    certificate_sha256, subprotocol, certificate_expires, extensions, connect_ns, tls_ns, upgrade_ns,
                    journal_key, journal_received, journal_sent)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """
            ) {
                $0.bind(1, opened.feedID)
                $0.bind(2, opened.tsOpened.rawValue)
                $0.bind(3, opened.localAddress)
                $0.bind(4, opened.remoteAddress)
                $0.bind(5, opened.proxy)
                $0.bind(6, opened.tlsVersion)
                $0.bind(7, opened.tlsCipher)
                $0.bind(8, opened.certificateSHA256)
                $0.bind(9, opened.subprotocol)
                $0.bind(10, opened.certificateExpires?.rawValue)
                $0.bind(11, opened.extensions)
                $0.bind(12, opened.connectNS)
                $0.bind(13, opened.tlsNS)
                $0.bind(14, opened.upgradeNS)
                $0.bind(15, opened.journalKey.map { Int64(bitPattern: $0) })
                $0.bind(16, Int64(clamping: opened.journalPosition.received))
                $0.bind(17, Int64(clamping: opened.journalPosition.sent))
            }
        }
    }

    /// Stores how a connection ended.
    package func closeConnection(_ closed: ConnectionClosed) async throws(ArchiveError) {
        _ = try await perform { connection throws(ArchiveError) in
            try connection.run(
                """
                UPDATE connection SET ts_closed = ?, messages_received = ?, messages_sent = ?, bytes_received = ?,
                    bytes_sent = ?, close_code = ?, close_reason = ?, closed_by = ?
                WHERE connection_id = ?
                """
            ) {
                $0.bind(1, closed.tsClosed.rawValue)
                $0.bind(2, closed.messagesReceived)
                $0.bind(3, closed.messagesSent)
                $0.bind(4, closed.bytesReceived)
                $0.bind(5, closed.bytesSent)
                $0.bind(6, closed.closeCode)
                $0.bind(7, closed.closeReason)
                $0.bind(8, closed.closedBy.rawValue)
                $0.bind(9, closed.connectionID)
            }
        }
    }
}

extension SessionCounts {
    /// Stores the counts of a session; see ``bind(_:sessionID:)``.
    static let update = """
        UPDATE session SET messages_received = ?, messages_sent = ?, quote_count = ?, trade_count = ?,
            margin_update_count = ?, bar_count = ?, event_count = ?, oddity_count = ?, gap_count = ?
        WHERE session_id = ?
        """

    func bind(_ statement: PreparedStatement, sessionID: Int64) {
        let values = [
            messagesReceived, messagesSent, quoteCount, tradeCount, marginUpdateCount, barCount, eventCount,
            oddityCount, gapCount, sessionID,
        ]
        for (index, value) in values.enumerated() { statement.bind(Int32(index + 1), value) }
    }
}
