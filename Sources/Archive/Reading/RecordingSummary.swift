package import MarketModel

/// The content of a recording in numbers.
package struct RecordingSummary: Hashable, Sendable {
    package var messageCount: Int64 = 0
    package var blockCount: Int64 = 0
    /// The sum of the payload lengths, and in `blockBytes` the size of the blocks, in bytes.
    package var payloadBytes: Int64 = 0
    package var blockBytes: Int64 = 0
    /// The earliest and latest `ts_recv` of all messages; `nil` if there are none.
    package var tsFirst: UnixNanoseconds?
    package var tsLast: UnixNanoseconds?
    package var marginUpdateCount: Int64 = 0
    package var venueBarCount: Int64 = 0
    package var orderUpdateCount: Int64 = 0
    /// The number of messages from which something was removed before they were stored.
    package var redactedCount: Int64 = 0
    package var eventCount: Int64 = 0
    package var oddityCount: Int64 = 0
    package var gapCount: Int64 = 0
    /// In order of their ids.
    package var instruments: [InstrumentSummary] = []

    package var quoteCount: Int64 { instruments.reduce(0) { $0 + $1.quoteCount } }
    package var tradeCount: Int64 { instruments.reduce(0) { $0 + $1.tradeCount } }
    package var barCount: Int64 { instruments.reduce(0) { $0 + $1.barCount } }

    init(_ handle: OpaquePointer?, path: String) throws(ArchiveError) {
        let blocks = try PreparedStatement(
            """
            SELECT coalesce(sum(message_count), 0), count(*), coalesce(sum(payload_bytes), 0),
                coalesce(sum(length(block)), 0), min(ts_first), max(ts_last), coalesce(sum(redacted_count), 0)
            FROM message_block
            """,
            on: handle,
            path: path
        )
        if try blocks.step() {
            messageCount = blocks.integer(0)
            blockCount = blocks.integer(1)
            payloadBytes = blocks.integer(2)
            blockBytes = blocks.integer(3)
            tsFirst = blocks.optionalInteger(4).map { UnixNanoseconds($0) }
            tsLast = blocks.optionalInteger(5).map { UnixNanoseconds($0) }
            redactedCount = blocks.integer(6)
            blocks.reset()
        }
        func count(_ sql: String) throws(ArchiveError) -> Int64 {
            let statement = try PreparedStatement("SELECT count(*) FROM \(sql)", on: handle, path: path)
            defer { statement.reset() }
            return try statement.step() ? statement.integer(0) : 0
        }
        marginUpdateCount = try count("margin_update")
        venueBarCount = try count("venue_bar")
        orderUpdateCount = try count("order_update")
        eventCount = try count("event WHERE is_oddity = 0")
        oddityCount = try count("event WHERE is_oddity = 1")
        gapCount = try count("gap")
        let perInstrument = try InstrumentSummary.Statements(handle, path: path)
        for instrument in try RowQueries.instruments(on: handle, path: path) {
            instruments.append(try perInstrument.summary(of: instrument))
        }
    }
}

/// The content of a recording for one instrument.
package struct InstrumentSummary: Hashable, Sendable {
    package var instrument: InstrumentRow
    package var quoteCount: Int64 = 0
    package var tradeCount: Int64 = 0
    package var barCount: Int64 = 0
    /// The earliest and latest `ts_recv` of its ticks; `nil` if there are none.
    package var tsFirst: UnixNanoseconds?
    package var tsLast: UnixNanoseconds?

    /// The statements for a summary, compiled once for all instruments.
    fileprivate struct Statements {
        let quotes: PreparedStatement
        let trades: PreparedStatement
        let bars: PreparedStatement

        init(_ handle: OpaquePointer?, path: String) throws(ArchiveError) {
            func statement(_ table: String, _ time: String) throws(ArchiveError) -> PreparedStatement {
                try PreparedStatement(
                    "SELECT count(*), min(\(time)), max(\(time)) FROM \(table) WHERE instrument_id = ?",
                    on: handle,
                    path: path
                )
            }
            quotes = try statement("quote", "ts_recv")
            trades = try statement("trade", "ts_recv")
            bars = try statement("bar", "ts_open")
        }

        func summary(of instrument: InstrumentRow) throws(ArchiveError) -> InstrumentSummary {
            var summary = InstrumentSummary(instrument: instrument)
            for (statement, count) in [(quotes, \InstrumentSummary.quoteCount), (trades, \.tradeCount)] {
                statement.bind(1, instrument.instrumentID)
                guard try statement.step() else { continue }
                summary[keyPath: count] = statement.integer(0)
                if let first = statement.optionalInteger(1), let last = statement.optionalInteger(2) {
                    summary.tsFirst = min(summary.tsFirst ?? UnixNanoseconds(.max), UnixNanoseconds(first))
                    summary.tsLast = max(summary.tsLast ?? UnixNanoseconds(.min), UnixNanoseconds(last))
                }
                statement.reset()
            }
            bars.bind(1, instrument.instrumentID)
            if try bars.step() { summary.barCount = bars.integer(0) }
            bars.reset()
            return summary
        }
    }
}
