/// Sorts ticks by their primary key: rows that arrive in key order are cheap to insert.
enum TickOrder {
    /// The indices of `rows` in the order of `(instrumentID, tsRecv, messageIndex, item)`.
    ///
    /// Rows nearly always arrive in order of time. A stable sort by instrument is then enough and takes linear time.
    static func indices<Row: TickRow>(of rows: [Row]) -> [Int32] {
        var order = byInstrument(rows)
        for position in order.indices.dropFirst() {
            if precedes(rows[Int(order[position])], rows[Int(order[position - 1])]) {
                order.sort { precedes(rows[Int($0)], rows[Int($1)]) }
                break
            }
        }
        return order
    }

    /// A counting sort; instruments are numbered densely from 1 within a recording.
    private static func byInstrument<Row: TickRow>(_ rows: [Row]) -> [Int32] {
        var idMax: Int64 = 0
        for row in rows {
            // If ids are not dense, the rows are sorted by comparison.
            guard row.instrumentID >= 0, row.instrumentID < 1 << 20 else { return Array(0..<Int32(rows.count)) }
            idMax = max(idMax, row.instrumentID)
        }
        var starts = [Int32](repeating: 0, count: Int(idMax) + 2)
        for row in rows { starts[Int(row.instrumentID) + 1] += 1 }
        for id in 1..<starts.count { starts[id] += starts[id - 1] }
        var order = [Int32](repeating: 0, count: rows.count)
        for (index, row) in rows.enumerated() {
            let id = Int(row.instrumentID)
            order[Int(starts[id])] = Int32(index)
            starts[id] += 1
        }
        return order
    }

    @inline(__always)
    private static func precedes<Row: TickRow>(_ left: Row, _ right: Row) -> Bool {
        if left.instrumentID != right.instrumentID { return left.instrumentID < right.instrumentID }
        if left.tsRecv != right.tsRecv { return left.tsRecv < right.tsRecv }
        if left.messageIndex != right.messageIndex { return left.messageIndex < right.messageIndex }
        return left.item < right.item
    }
}
