package import MarketModel

extension ArchiveReader {
    /// The last quote of an instrument before `time`; `nil` if there is none.
    ///
    /// This is a lookup by the primary key.
    package func lastQuote(
        ofInstrument instrumentID: Int64,
        before time: UnixNanoseconds
    ) throws(ArchiveError) -> QuoteRow? {
        try lastTick(instrumentID, before: time)
    }

    /// The last trade of an instrument before `time`; `nil` if there is none.
    ///
    /// This is a lookup by the primary key.
    package func lastTrade(
        ofInstrument instrumentID: Int64,
        before time: UnixNanoseconds
    ) throws(ArchiveError) -> TradeRow? {
        try lastTick(instrumentID, before: time)
    }

    private func lastTick<Row: StoredTick>(
        _ instrumentID: Int64,
        before time: UnixNanoseconds
    ) throws(ArchiveError) -> Row? {
        let sql = """
            SELECT ts_recv, message_index, item, \(Row.valueColumns) FROM \(Row.table)
            WHERE instrument_id = ? AND ts_recv < ? ORDER BY ts_recv DESC, message_index DESC, item DESC LIMIT 1
            """
        var row: Row?
        try read(with: sql) { statement throws(ArchiveError) in
            statement.bind(1, instrumentID)
            statement.bind(2, time.rawValue)
            guard try statement.step() else { return }
            let key = TickKey(
                tsRecv: statement.integer(0),
                messageIndex: statement.integer(1),
                item: statement.integer(2),
                instrumentID: instrumentID
            )
            row = Row(key: key, columns: TickColumns(statement: statement, offset: 3))
        }
        return row
    }
}
