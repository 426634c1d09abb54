import MarketModel

/// The statements that write everything except ticks; each row replaces the one with the same key.
///
/// Use it only inside the serial queue of its database.
final class RowInserter {
    private let instrument: PreparedStatement
    private let block: PreparedStatement
    private let marginUpdate: PreparedStatement
    private let bar: PreparedStatement
    private let barRemoval: PreparedStatement
    private let event: PreparedStatement
    private let gap: PreparedStatement
    private let closedSpan: PreparedStatement
    private let closedSpanRemoval: PreparedStatement
    private let hub: HubRowInserter
    private let books: BookRowInserter
    private let clockSample: PreparedStatement
    private let watermark: PreparedStatement

    init(on handle: OpaquePointer?, path: String) throws(ArchiveError) {
        func statement(_ sql: String) throws(ArchiveError) -> PreparedStatement {
            try PreparedStatement(sql, on: handle, path: path)
        }
        instrument = try statement(
            """
            INSERT INTO instrument (instrument_id, venue, symbol, price_digits, size_digits, details)
            VALUES (?, ?, ?, ?, ?, ?)
            ON CONFLICT (instrument_id) DO UPDATE SET details = coalesce(excluded.details, details)
            """
        )
        block = try statement(
            """
            INSERT INTO message_block (connection_id, first_message_index, last_message_index, message_count, ts_first,
                ts_last, payload_bytes, block, redacted_count)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (connection_id, first_message_index) DO UPDATE SET
                last_message_index = excluded.last_message_index, message_count = excluded.message_count,
                ts_first = excluded.ts_first, ts_last = excluded.ts_last, payload_bytes = excluded.payload_bytes,
                block = excluded.block, redacted_count = excluded.redacted_count
            """
        )
        marginUpdate = try statement(
            """
            INSERT OR REPLACE INTO margin_update (ts_recv, message_index, item, feed_id, ts_event, login, account_group,
                leverage, digits, balance, equity, volume, margin, margin_free, margin_level, state,
                controlling_type, balance_text, equity_text, volume_text, margin_text, margin_free_text,
                margin_level_text, asset)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """
        )
        bar = try statement(
            """
            INSERT OR REPLACE INTO bar (instrument_id, side, interval_ns, ts_open, ts_close, open, high, low, close,
                tick_count, volume, taker_buy_volume, notional, is_complete, time_source)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """
        )
        barRemoval = try statement(
            "DELETE FROM bar WHERE instrument_id = ? AND side = ? AND interval_ns = ? AND ts_open = ?"
        )
        event = try statement(
            """
            INSERT INTO event (ts_recv, message_index, item, feed_id, kind, symbol, is_oddity, json)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            """
        )
        gap = try statement(
            """
            INSERT OR REPLACE INTO gap (gap_id, session_id, feed_id, connection_id, instrument_id, ts_from, ts_to,
                cause, detail, sequence_from, sequence_to, estimated_count)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """
        )
        closedSpan = try statement(
            "INSERT OR REPLACE INTO closed_span (feed_id, ts_from, ts_to, source) VALUES (?, ?, ?, ?)"
        )
        closedSpanRemoval = try statement("DELETE FROM closed_span WHERE feed_id = ? AND ts_from = ?")
        hub = try HubRowInserter(on: handle, path: path)
        books = try BookRowInserter(on: handle, path: path)
        clockSample = try statement(
            "INSERT OR REPLACE INTO clock_sample (ts, offset_ns, error_ns, status) VALUES (?, ?, ?, ?)"
        )
        watermark = try statement(
            "UPDATE connection SET journal_received = ?, journal_sent = ? WHERE connection_id = ?"
        )
    }

    func insert(_ row: InstrumentRow) throws(ArchiveError) {
        instrument.bind(1, row.instrumentID)
        instrument.bind(2, row.venue)
        instrument.bind(3, row.symbol)
        instrument.bind(4, Int64(row.priceDigits))
        instrument.bind(5, Int64(row.sizeDigits))
        instrument.bind(6, row.details)
        try instrument.run()
    }

    func insert(_ row: BlockRow) throws(ArchiveError) {
        block.bind(1, row.connectionID)
        block.bind(2, row.firstMessageIndex)
        block.bind(3, row.lastMessageIndex)
        block.bind(4, row.messageCount)
        block.bind(5, row.tsFirst.rawValue)
        block.bind(6, row.tsLast.rawValue)
        block.bind(7, row.payloadBytes)
        block.bind(blob: row.block, at: 8)
        block.bind(9, row.redactedCount)
        try block.run()
    }

    func insert(_ row: MarginUpdateRow) throws(ArchiveError) {
        marginUpdate.bind(1, row.tsRecv.rawValue)
        marginUpdate.bind(2, row.messageIndex)
        marginUpdate.bind(3, row.item)
        marginUpdate.bind(4, row.feedID)
        marginUpdate.bind(5, row.tsEvent?.rawValue)
        marginUpdate.bind(6, row.login)
        marginUpdate.bind(7, row.accountGroup)
        marginUpdate.bind(8, row.leverage)
        marginUpdate.bind(9, Int64(row.digits))
        marginUpdate.bind(10, row.balance)
        marginUpdate.bind(11, row.equity)
        marginUpdate.bind(12, row.volume)
        marginUpdate.bind(13, row.margin)
        marginUpdate.bind(14, row.marginFree)
        marginUpdate.bind(15, row.marginLevel)
        marginUpdate.bind(16, row.state.map { Int64($0.rawValue) })
        marginUpdate.bind(17, row.controllingType.map { Int64($0.rawValue) })
        marginUpdate.bind(18, row.texts.balance)
        marginUpdate.bind(19, row.texts.equity)
        marginUpdate.bind(20, row.texts.volume)
        marginUpdate.bind(21, row.texts.margin)
        marginUpdate.bind(22, row.texts.marginFree)
        marginUpdate.bind(23, row.texts.marginLevel)
        marginUpdate.bind(24, row.asset)
        try marginUpdate.run()
    }

    func insert(_ row: BarRow) throws(ArchiveError) {
        bar.bind(1, row.instrumentID)
        bar.bind(2, Int64(row.side.rawValue))
        bar.bind(3, row.intervalNS)
        bar.bind(4, row.tsOpen.rawValue)
        bar.bind(5, row.tsClose.rawValue)
        bar.bind(6, row.open)
        bar.bind(7, row.high)
        bar.bind(8, row.low)
        bar.bind(9, row.close)
        bar.bind(10, row.tickCount)
        bar.bind(11, row.volume)
        bar.bind(12, row.takerBuyVolume)
        bar.bind(13, row.notional)
        bar.bind(14, row.isComplete ? 1 : 0)
        bar.bind(15, Int64(row.timeSource.rawValue))
        try bar.run()
    }

    func remove(_ key: BarRowKey) throws(ArchiveError) {
        barRemoval.bind(1, key.instrumentID)
        barRemoval.bind(2, Int64(key.side.rawValue))
        barRemoval.bind(3, key.intervalNS)
        barRemoval.bind(4, key.tsOpen.rawValue)
        try barRemoval.run()
    }

    func insert(_ row: EventRow) throws(ArchiveError) {
        event.bind(1, row.tsRecv.rawValue)
        event.bind(2, row.messageIndex)
        event.bind(3, row.item)
        event.bind(4, row.feedID)
        event.bind(5, row.kind)
        event.bind(6, row.symbol)
        event.bind(7, row.isOddity ? 1 : 0)
        event.bind(text: row.json, at: 8)
        try event.run()
    }

    func insert(_ row: GapRow) throws(ArchiveError) {
        gap.bind(1, row.gapID)
        gap.bind(2, row.sessionID)
        gap.bind(3, row.feedID)
        gap.bind(4, row.connectionID)
        gap.bind(5, row.instrumentID)
        gap.bind(6, row.tsFrom.rawValue)
        gap.bind(7, row.tsTo?.rawValue)
        gap.bind(8, row.cause)
        gap.bind(9, row.detail)
        gap.bind(10, row.sequenceFrom)
        gap.bind(11, row.sequenceTo)
        gap.bind(12, row.estimatedCount)
        try gap.run()
    }

    /// Stores a closed time; if it ended when it began, it was empty, and its row is removed.
    func insert(_ row: ClosedSpanRow) throws(ArchiveError) {
        if let tsTo = row.tsTo, tsTo <= row.tsFrom {
            closedSpanRemoval.bind(1, row.feedID)
            closedSpanRemoval.bind(2, row.tsFrom.rawValue)
            return try closedSpanRemoval.run()
        }
        closedSpan.bind(1, row.feedID)
        closedSpan.bind(2, row.tsFrom.rawValue)
        closedSpan.bind(3, row.tsTo?.rawValue)
        closedSpan.bind(4, row.source.rawValue)
        try closedSpan.run()
    }

    func insert(_ row: VenueBarRow) throws(ArchiveError) { try hub.insert(row) }

    func insert(_ row: OrderUpdateRow) throws(ArchiveError) { try hub.insert(row) }

    func insert(_ row: BookCheckpointRow) throws(ArchiveError) { try books.insert(row) }

    func insert(_ row: JournalWatermark) throws(ArchiveError) {
        watermark.bind(1, Int64(clamping: row.position.received))
        watermark.bind(2, Int64(clamping: row.position.sent))
        watermark.bind(3, row.connectionID)
        try watermark.run()
    }

    func insert(_ row: ClockSampleRow) throws(ArchiveError) {
        clockSample.bind(1, row.ts.rawValue)
        clockSample.bind(2, row.offsetNS)
        clockSample.bind(3, row.errorNS)
        clockSample.bind(4, row.status)
        try clockSample.run()
    }
}
