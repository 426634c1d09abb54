import MarketModel

/// Walks the ticks of many instruments in order of `(ts_recv, message_index, item)`.
///
/// The table is clustered by instrument. Each instrument is read in pages along the primary key, and the pages are
/// merged, which needs no sort and no second index. No transaction is open between two pages. One tick costs a page's
/// share of a query and a few comparisons in a heap of instruments.
package struct TickCursor<Row: StoredTick> {
    /// Rows in memory over all instruments: half a megabyte of quotes, because a server has a cursor for each client.
    private static var rowsMax: Int { 4096 }

    private let reader: ArchiveReader
    private let range: ReadRange
    private let pageRows: Int
    private var streams: [TickStream<Row>] = []
    /// Indices into `streams`: a binary heap by the key of their next row.
    private var heap: [Int] = []

    init(_ reader: ArchiveReader, _ range: ReadRange, instrumentIDs: [Int64]) throws(ArchiveError) {
        self.reader = reader
        self.range = range
        pageRows = min(1024, max(64, Self.rowsMax / max(1, instrumentIDs.count)))
        streams = instrumentIDs.map { TickStream(instrumentID: $0, range: range) }
        try reader.read(with: TickStream<Row>.sql) { statement throws(ArchiveError) in
            // Small at first, so that a replay starts quickly.
            for index in streams.indices { try streams[index].refill(statement, range, min(pageRows, 64)) }
        }
        heap = streams.indices.filter { streams[$0].head != nil }
        for position in heap.indices.reversed() { siftDown(position) }
    }

    /// The next tick; `nil` at the end.
    // Without this, other modules run the generic code, which is four times slower.
    @_specialize(where Row == QuoteRow)
    @_specialize(where Row == TradeRow)
    package mutating func next() throws(ArchiveError) -> Row? {
        guard let index = heap.first, let row = streams[index].pop() else { return nil }
        if streams[index].isEmpty {
            try refill(index)
            if streams[index].isEmpty {
                heap.swapAt(0, heap.count - 1)
                heap.removeLast()
            }
        }
        siftDown(0)
        return row
    }

    private mutating func refill(_ index: Int) throws(ArchiveError) {
        guard !streams[index].isExhausted else { return }
        try reader.read(with: TickStream<Row>.sql) { statement throws(ArchiveError) in
            try streams[index].refill(statement, range, min(pageRows, streams[index].lastLimit * 4))
        }
    }

    private mutating func siftDown(_ start: Int) {
        var position = start
        while case var child = 2 * position + 1, child < heap.count {
            if child + 1 < heap.count, precedes(child + 1, child) { child += 1 }
            guard precedes(child, position) else { return }
            heap.swapAt(child, position)
            position = child
        }
    }

    private func precedes(_ left: Int, _ right: Int) -> Bool {
        streams[heap[left]].headKey < streams[heap[right]].headKey
    }
}

/// The ticks of one instrument, page by page.
private struct TickStream<Row: StoredTick> {
    private(set) var headKey: TickKey
    private(set) var isExhausted = false
    /// The number of rows requested last.
    private(set) var lastLimit = 64
    private var rows: [Row] = []
    private var position = 0
    /// The last key read from the table.
    private var lastKey: TickKey

    init(instrumentID: Int64, range: ReadRange) {
        lastKey = TickKey(tsRecv: range.from.rawValue, messageIndex: -1, item: -1, instrumentID: instrumentID)
        headKey = lastKey
    }

    var head: Row? { position < rows.count ? rows[position] : nil }

    mutating func pop() -> Row? {
        guard position < rows.count else { return nil }
        position += 1
        updateHeadKey()
        return rows[position - 1]
    }

    @inline(__always)
    var isEmpty: Bool { position >= rows.count }

    private mutating func updateHeadKey() {
        guard position < rows.count else { return }
        headKey.tsRecv = rows[position].tsRecv.rawValue
        headKey.messageIndex = rows[position].messageIndex
        headKey.item = rows[position].item
    }

    static var sql: String {
        """
        SELECT ts_recv, message_index, item, \(Row.valueColumns) FROM \(Row.table)
        WHERE instrument_id = ? AND (ts_recv, message_index, item) > (?, ?, ?) AND ts_recv <= ?
        ORDER BY ts_recv, message_index, item LIMIT ?
        """
    }

    mutating func refill(_ statement: PreparedStatement, _ range: ReadRange, _ limit: Int) throws(ArchiveError) {
        rows.removeAll(keepingCapacity: true)
        position = 0
        lastLimit = limit
        statement.bind(1, lastKey.instrumentID)
        statement.bind(5, range.to.rawValue)
        statement.bind(6, Int64(limit))
        // Rows of messages after the range are skipped, so a page may be empty before the end.
        while rows.isEmpty, !isExhausted {
            statement.bind(2, lastKey.tsRecv)
            statement.bind(3, lastKey.messageIndex)
            statement.bind(4, lastKey.item)
            var count = 0
            while try statement.step() {
                count += 1
                lastKey.tsRecv = statement.integer(0)
                lastKey.messageIndex = statement.integer(1)
                lastKey.item = statement.integer(2)
                guard range.contains(UnixNanoseconds(lastKey.tsRecv), lastKey.messageIndex) else { continue }
                rows.append(Row(key: lastKey, columns: TickColumns(statement: statement, offset: 3)))
            }
            isExhausted = count < limit
        }
        updateHeadKey()
    }
}
