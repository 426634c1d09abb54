package import MarketModel

extension ArchiveReader {
    /// The least and the greatest `ts_recv` of any message, quote, trade or margin update; `nil` where there is nothing.
    ///
    /// Costs a look at the ends of every instrument's ticks and a walk of the index of blocks, which leaves their bytes alone.
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

    /// Of the messages behind number `index`: the earliest time of their blocks, or `nil` where there are none.
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
}
