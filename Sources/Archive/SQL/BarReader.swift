import CSQLite

/// Reads the bars of one recording that may overlap with those of other files.
final class BarReader {
    private let handle: OpaquePointer?
    private let path: String

    init(_ path: String) throws(ArchiveError) {
        self.path = path
        handle = try RecordingFile.openHandle(path).handle
    }

    deinit { sqlite3_close_v2(handle) }

    /// The bars of a series that begin in `range`.
    func bars(
        _ series: FileBars.Series,
        _ instrumentIDs: [Int64],
        _ range: ClosedRange<Int64>
    ) throws(ArchiveError) -> [SharedBar] {
        let statement = try PreparedStatement(
            """
            SELECT b.instrument_id, i.price_digits, i.size_digits, ts_open, ts_close, open, high, low, close, tick_count,
                volume, taker_buy_volume, notional, is_complete, time_source
            FROM main.bar b JOIN main.instrument i ON i.instrument_id = b.instrument_id
            WHERE b.instrument_id = ? AND side = ? AND interval_ns = ? AND ts_open BETWEEN ? AND ?
            """,
            on: handle,
            path: path
        )
        var bars: [SharedBar] = []
        for instrumentID in instrumentIDs {
            let values = [instrumentID, series.side, series.intervalNS, range.lowerBound, range.upperBound]
            for (index, value) in values.enumerated() { statement.bind(Int32(index + 1), value) }
            while try statement.step() { bars.append(SharedBar(statement)) }
        }
        return bars
    }
}

extension SharedBar {
    fileprivate init(_ row: PreparedStatement) {
        self.init(
            instrumentID: row.integer(0),
            priceDigits: row.integer(1),
            sizeDigits: row.integer(2),
            tsOpen: row.integer(3),
            tsClose: row.integer(4),
            open: row.integer(5),
            high: row.integer(6),
            low: row.integer(7),
            close: row.integer(8),
            tickCount: row.integer(9),
            volume: row.optionalInteger(10),
            takerBuyVolume: row.optionalInteger(11),
            notional: row.optionalText(12),
            isComplete: row.integer(13),
            timeSource: row.integer(14)
        )
    }
}
