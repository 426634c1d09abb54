import MarketModel

/// The statement that writes states of order books.
///
/// Use it only inside the serial queue of its database.
final class BookRowInserter {
    private let checkpoint: PreparedStatement

    init(on handle: OpaquePointer?, path: String) throws(ArchiveError) {
        checkpoint = try PreparedStatement(
            """
            INSERT OR REPLACE INTO book_checkpoint (connection_id, instrument_id, channel, ts_recv, message_index, item,
                ts_event, state, cause, expected, found, is_verifiable, applied_count, resync_count, checksum_count,
                checksum_failure_count, book)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            on: handle,
            path: path
        )
    }

    func insert(_ row: BookCheckpointRow) throws(ArchiveError) {
        checkpoint.bind(1, row.connectionID)
        checkpoint.bind(2, row.instrumentID)
        checkpoint.bind(3, row.channel)
        checkpoint.bind(4, row.tsRecv.rawValue)
        checkpoint.bind(5, row.messageIndex)
        checkpoint.bind(6, row.item)
        checkpoint.bind(7, row.tsEvent?.rawValue)
        checkpoint.bind(8, row.isValid ? 1 : 0)
        checkpoint.bind(9, row.cause)
        checkpoint.bind(10, row.expected)
        checkpoint.bind(11, row.found)
        checkpoint.bind(12, row.isVerifiable ? 1 : 0)
        checkpoint.bind(13, row.counts.applied)
        checkpoint.bind(14, row.counts.resyncs)
        checkpoint.bind(15, row.counts.checksums)
        checkpoint.bind(16, row.counts.checksumFailures)
        if let book = row.book { checkpoint.bind(blob: book, at: 17) } else { checkpoint.bind(17, nil as Int64?) }
        try checkpoint.run()
    }
}
