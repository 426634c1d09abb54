import MarketModel

/// Reads the small tables as a whole.
enum RowQueries {
    /// False for a table or view that the schema of the file does not have yet.
    static func hasTable(_ name: String, on handle: OpaquePointer?, path: String) throws(ArchiveError) -> Bool {
        let statement = try PreparedStatement(
            "SELECT 1 FROM sqlite_schema WHERE name = ?",
            on: handle,
            path: path
        )
        statement.bind(1, name)
        defer { statement.reset() }
        return try statement.step()
    }

    /// See ``ArchiveReader/feedOptions(_:)``.
    static func feedOptions(
        _ names: [String],
        on handle: OpaquePointer?,
        path: String
    ) throws(ArchiveError) -> [Int64: [String: String]] {
        let statement = try PreparedStatement(
            """
            SELECT f.feed_id, coalesce(
                CASE WHEN json_valid(f.subscription) THEN f.subscription ->> ?1 END,
                CASE WHEN json_valid(s.configuration) THEN s.configuration ->> ?1 END)
            FROM feed f LEFT JOIN session s USING (session_id)
            """,
            on: handle,
            path: path
        )
        var options: [Int64: [String: String]] = [:]
        for name in names {
            statement.bind(1, "$.\(name)")
            while try statement.step() { options[statement.integer(0), default: [:]][name] = statement.optionalText(1) }
        }
        return options
    }

    /// A number computed by SQL; 0 if there is no result.
    static func integer(_ sql: String, on handle: OpaquePointer?, path: String) throws(ArchiveError) -> Int64 {
        let statement = try PreparedStatement(sql, on: handle, path: path)
        defer { statement.reset() }
        return try statement.step() ? statement.integer(0) : 0
    }

    static func instruments(on handle: OpaquePointer?, path: String) throws(ArchiveError) -> [InstrumentRow] {
        try rows(
            "SELECT instrument_id, venue, symbol, price_digits, size_digits, details FROM instrument ORDER BY 1",
            on: handle,
            path: path
        ) {
            InstrumentRow(
                instrumentID: $0.integer(0),
                venue: $0.text(1),
                symbol: $0.text(2),
                priceDigits: digits($0.integer(3)),
                sizeDigits: digits($0.integer(4)),
                details: $0.optionalText(5)
            )
        }
    }

    /// Decimal digits; `FixedDecimal` has at most 18.
    private static func digits(_ stored: Int64) -> UInt8 { UInt8(min(18, max(0, stored))) }

    static func sessions(on handle: OpaquePointer?, path: String) throws(ArchiveError) -> [SessionRow] {
        try rows(
            """
            SELECT session_id, kind, ts_start, host, program_version, configuration, ts_end, end_cause,
                messages_received, messages_sent, quote_count, trade_count, margin_update_count, bar_count, event_count,
                oddity_count, gap_count
            FROM session ORDER BY session_id
            """,
            on: handle,
            path: path
        ) {
            SessionRow(
                sessionID: $0.integer(0),
                start: SessionStart(
                    kind: SessionKind(rawValue: $0.text(1)) ?? .record,
                    tsStart: UnixNanoseconds($0.integer(2)),
                    host: $0.optionalText(3),
                    programVersion: $0.text(4),
                    configuration: $0.text(5)
                ),
                tsEnd: $0.optionalInteger(6).map { UnixNanoseconds($0) },
                endCause: $0.optionalText(7),
                counts: $0.isNull(8) ? nil : counts(in: $0)
            )
        }
    }

    private static func counts(in row: PreparedStatement) -> SessionCounts {
        var counts = SessionCounts()
        counts.messagesReceived = row.integer(8)
        counts.messagesSent = row.integer(9)
        counts.quoteCount = row.integer(10)
        counts.tradeCount = row.integer(11)
        counts.marginUpdateCount = row.integer(12)
        counts.barCount = row.integer(13)
        counts.eventCount = row.integer(14)
        counts.oddityCount = row.integer(15)
        counts.gapCount = row.integer(16)
        return counts
    }

    static func feeds(on handle: OpaquePointer?, path: String) throws(ArchiveError) -> [FeedRow] {
        try rows(
            "SELECT feed_id, session_id, name, venue, url, subscription FROM feed ORDER BY feed_id",
            on: handle,
            path: path
        ) {
            FeedRow(
                feedID: $0.integer(0),
                sessionID: $0.integer(1),
                name: $0.text(2),
                venue: $0.text(3),
                url: $0.optionalText(4),
                subscription: $0.optionalText(5)
            )
        }
    }

    static func connections(on handle: OpaquePointer?, path: String) throws(ArchiveError) -> [ConnectionRow] {
        try rows(
            """
            SELECT c.connection_id, f.session_id, f.name, f.venue, c.feed_id, c.ts_opened, c.local_address,
                c.remote_address, c.proxy, c.tls_version, c.tls_cipher, c.certificate_sha256, c.subprotocol, c.ts_closed,
                c.messages_received, c.messages_sent, c.bytes_received, c.bytes_sent, c.close_code, c.close_reason,
                c.closed_by, c.certificate_expires, c.extensions, c.connect_ns, c.tls_ns, c.upgrade_ns, c.journal_key
            FROM connection c JOIN feed f ON f.feed_id = c.feed_id ORDER BY c.connection_id
            """,
            on: handle,
            path: path
        ) {
            ConnectionRow(
                connectionID: $0.integer(0),
                sessionID: $0.integer(1),
                feedName: $0.text(2),
                venue: $0.text(3),
                opened: opened(in: $0),
                closed: $0.isNull(13) ? nil : closed(in: $0)
            )
        }
    }

    private static func opened(in row: PreparedStatement) -> ConnectionOpened {
        var opened = ConnectionOpened(feedID: row.integer(4), tsOpened: UnixNanoseconds(row.integer(5)))
        opened.localAddress = row.optionalText(6)
        opened.remoteAddress = row.optionalText(7)
        opened.proxy = row.optionalText(8)
        opened.tlsVersion = row.optionalText(9)
        opened.tlsCipher = row.optionalText(10)
        opened.certificateSHA256 = row.optionalText(11)
        opened.subprotocol = row.optionalText(12)
        opened.certificateExpires = row.optionalInteger(21).map { UnixNanoseconds($0) }
        opened.extensions = row.optionalText(22)
        opened.connectNS = row.optionalInteger(23)
        opened.tlsNS = row.optionalInteger(24)
        opened.upgradeNS = row.optionalInteger(25)
        opened.journalKey = row.optionalInteger(26).map { UInt64(bitPattern: $0) }
        return opened
    }

    private static func closed(in row: PreparedStatement) -> ConnectionClosed {
        var closed = ConnectionClosed(
            connectionID: row.integer(0),
            tsClosed: UnixNanoseconds(row.integer(13)),
            closedBy: ConnectionCloser(rawValue: row.text(20)) ?? .none
        )
        closed.messagesReceived = row.integer(14)
        closed.messagesSent = row.integer(15)
        closed.bytesReceived = row.integer(16)
        closed.bytesSent = row.integer(17)
        closed.closeCode = row.optionalInteger(18)
        closed.closeReason = row.optionalText(19)
        return closed
    }

    /// The part of each feed's subscription that the venue accepted, in its latest state, as JSON by feed id.
    static func subscriptions(on handle: OpaquePointer?, path: String) throws(ArchiveError) -> [Int64: String] {
        let told = try rows(
            """
            SELECT feed_id, json FROM event WHERE kind = 'subscription' AND message_index IS NULL
            ORDER BY ts_recv, event_id
            """,
            on: handle,
            path: path
        ) { ($0.integer(0), $0.text(1)) }
        return Dictionary(told) { $1 }
    }

    static func gaps(on handle: OpaquePointer?, path: String) throws(ArchiveError) -> [GapRow] {
        try rows(
            """
            SELECT gap_id, session_id, feed_id, connection_id, instrument_id, ts_from, ts_to, cause, detail, sequence_from,
                sequence_to, estimated_count
            FROM gap ORDER BY ts_from, gap_id
            """,
            on: handle,
            path: path
        ) {
            GapRow(
                gapID: $0.integer(0),
                sessionID: $0.integer(1),
                feedID: $0.optionalInteger(2),
                connectionID: $0.optionalInteger(3),
                instrumentID: $0.optionalInteger(4),
                tsFrom: UnixNanoseconds($0.integer(5)),
                tsTo: $0.optionalInteger(6).map { UnixNanoseconds($0) },
                cause: $0.text(7),
                detail: $0.optionalText(8),
                sequenceFrom: $0.optionalInteger(9),
                sequenceTo: $0.optionalInteger(10),
                estimatedCount: $0.optionalInteger(11)
            )
        }
    }

    static func closedSpans(on handle: OpaquePointer?, path: String) throws(ArchiveError) -> [ClosedSpanRow] {
        try rows(
            "SELECT feed_id, ts_from, ts_to, source FROM closed_span ORDER BY ts_from, feed_id",
            on: handle,
            path: path
        ) {
            ClosedSpanRow(
                feedID: $0.integer(0),
                tsFrom: UnixNanoseconds($0.integer(1)),
                tsTo: $0.optionalInteger(2).map { UnixNanoseconds($0) },
                source: ClosedSpanRow.Source(rawValue: $0.text(3)) ?? .configuration
            )
        }
    }

    private static func rows<Row>(
        _ sql: String,
        on handle: OpaquePointer?,
        path: String,
        _ row: (PreparedStatement) -> Row
    ) throws(ArchiveError) -> [Row] {
        let statement = try PreparedStatement(sql, on: handle, path: path)
        var rows: [Row] = []
        while try statement.step() { rows.append(row(statement)) }
        return rows
    }
}
