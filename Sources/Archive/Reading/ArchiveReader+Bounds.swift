package import MarketModel

extension ArchiveReader {
    /// The earliest and latest `ts_recv` of all messages, quotes, trades and margin updates; `nil` if there are none.
    ///
    /// This looks up both ends of every instrument's ticks and scans the index of blocks, but not their content.
    package func timeBounds() throws(ArchiveError) -> ClosedRange<UnixNanoseconds>? {
        try read { handle throws(ArchiveError) in
            var first: Int64?
            var last: Int64?
            func widen(_ sql: String) throws(ArchiveError) {
                let statement = try PreparedStatement(sql, on: handle, path: path)
                defer { statement.reset() }
                guard try statement.step() else { return }
                if let time = statement.optionalInteger(0) { first = min(first ?? time, time) }
                if let time = statement.optionalInteger(1) { last = max(last ?? time, time) }
            }
            try widen("SELECT (SELECT min(ts_first) FROM message_block), (SELECT max(ts_last) FROM message_block)")
            try widen("SELECT (SELECT min(ts_recv) FROM margin_update), (SELECT max(ts_recv) FROM margin_update)")
            for instrument in try RowQueries.instruments(on: handle, path: path) {
                for table in ["quote", "trade"] {
                    let rows = "\(table) WHERE instrument_id = \(instrument.instrumentID)"
                    try widen("SELECT (SELECT min(ts_recv) FROM \(rows)), (SELECT max(ts_recv) FROM \(rows))")
                }
            }
            guard let first, let last, first <= last else { return nil }
            return UnixNanoseconds(first)...UnixNanoseconds(last)
        }
    }

    /// The earliest and latest `ts_recv` of all messages; `nil` if there are none.
    package func messageTimes() throws(ArchiveError) -> ClosedRange<UnixNanoseconds>? {
        try read { handle throws(ArchiveError) in
            let sql = "SELECT (SELECT min(ts_first) FROM message_block), (SELECT max(ts_last) FROM message_block)"
            let statement = try PreparedStatement(sql, on: handle, path: path)
            defer { statement.reset() }
            guard try statement.step(), let first = statement.optionalInteger(0),
                let last = statement.optionalInteger(1), first <= last
            else { return nil }
            return UnixNanoseconds(first)...UnixNanoseconds(last)
        }
    }

    /// The number of distinct trade numbers in a range, among trades received between two times.
    ///
    /// The numbers are those of aggregates or of executions; an aggregate that lists its executions counts for both.
    package func tradeCount(
        instrumentIDs: [Int64],
        numbers: ClosedRange<Int64>,
        ofAggregates: Bool,
        received: ClosedRange<UnixNanoseconds>
    ) throws(ArchiveError) -> Int64 {
        let rows = "FROM trade WHERE instrument_id = ?1 AND ts_recv BETWEEN ?2 AND ?3"
        let byNumber = "SELECT count(DISTINCT trade_id) \(rows) AND trade_id BETWEEN ?4 AND ?5 AND is_aggregate = "
        let byExecutions = """
            SELECT coalesce(sum(last - first + 1), 0) FROM (
                SELECT DISTINCT first_trade_id AS first, last_trade_id AS last \(rows)
                    AND is_aggregate AND first_trade_id >= ?4 AND last_trade_id <= ?5)
            """
        var count: Int64 = 0
        for instrumentID in instrumentIDs {
            var counts: [Int64] = []
            for sql in ofAggregates ? [byNumber + "1"] : [byNumber + "0", byExecutions] {
                try read(with: sql) { statement throws(ArchiveError) in
                    let bounds = [received.lowerBound.rawValue, received.upperBound.rawValue]
                    for (place, value) in ([instrumentID] + bounds + [numbers.lowerBound, numbers.upperBound])
                        .enumerated()
                    {
                        statement.bind(Int32(place + 1), value)
                    }
                    if try statement.step() { counts.append(statement.integer(0)) }
                }
            }
            count += counts.max() ?? 0
        }
        return count
    }

    /// The events of one kind, in order of their messages.
    package func events(kind: String) throws(ArchiveError) -> [EventRow] {
        var events: [EventRow] = []
        try read { handle throws(ArchiveError) in
            let statement = try PreparedStatement(
                """
                SELECT ts_recv, message_index, item, event_id, \(EventRow.valueColumns) FROM event WHERE kind = ?
                ORDER BY message_index, item
                """,
                on: handle,
                path: path
            )
            statement.bind(1, kind)
            while try statement.step() { events.append(EventRow(row: RowColumns(statement: statement))) }
        }
        return events
    }

    /// The earliest time in the blocks with messages after number `index`; `nil` if there are none.
    package func earliestTime(behind index: Int64) throws(ArchiveError) -> UnixNanoseconds? {
        try read { handle throws(ArchiveError) in
            let statement = try PreparedStatement(
                "SELECT min(ts_first) FROM message_block WHERE last_message_index > ?",
                on: handle,
                path: path
            )
            statement.bind(1, index)
            defer { statement.reset() }
            return try statement.step() ? statement.optionalInteger(0).map { UnixNanoseconds($0) } : nil
        }
    }

    /// The times of the first and last stored message of a connection; `nil` if there are none.
    ///
    /// Reads only the connection's first and last block.
    package func messageTimes(ofConnection connectionID: Int64) throws(ArchiveError) -> ClosedRange<UnixNanoseconds>? {
        try read { handle throws(ArchiveError) in
            let blocks = "FROM message_block WHERE connection_id = ?1 ORDER BY first_message_index"
            let statement = try PreparedStatement(
                "SELECT (SELECT ts_first \(blocks) LIMIT 1), (SELECT ts_last \(blocks) DESC LIMIT 1)",
                on: handle,
                path: path
            )
            statement.bind(1, connectionID)
            defer { statement.reset() }
            guard try statement.step(), let first = statement.optionalInteger(0),
                let last = statement.optionalInteger(1), first <= last
            else { return nil }
            return UnixNanoseconds(first)...UnixNanoseconds(last)
        }
    }
}
