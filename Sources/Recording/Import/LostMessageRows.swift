import Archive
import MarketModel

/// The rows of one recording whose messages were lost to damage or pruned.
struct LostMessageRows {
    private let reader: ArchiveReader
    /// Distinguishes the recording from others of the archive.
    private let recording: Int
    private let instruments: [Int64: InstrumentRow]
    /// Separate ranges, in ascending order.
    private let lost: [ClosedRange<Int64>]

    init(_ reader: ArchiveReader, venue: String, recording: Int) throws(ArchiveError) {
        self.reader = reader
        self.recording = recording
        instruments = Dictionary(
            try reader.instruments().filter { $0.venue == venue }.map { ($0.instrumentID, $0) },
            uniquingKeysWith: { first, _ in first }
        )
        lost = Self.merged(try reader.absences().filter { $0.kind == .message }.compactMap(\.messages))
    }

    /// True if no message is missing.
    var isEmpty: Bool { lost.isEmpty }

    /// Adds the rows of missing messages that were received at a time in `range`.
    func add(_ range: ClosedRange<Int64>, to kept: inout KeptRows) throws(ArchiveError) {
        guard !lost.isEmpty else { return }
        let (end, overflow) = range.upperBound.addingReportingOverflow(1)
        let wanted = ReadRange(
            from: UnixNanoseconds(range.lowerBound),
            to: UnixNanoseconds(overflow ? .max : end),
            messageIndexMax: .max - 1
        )
        try addTicks(wanted, to: &kept)
        try addHubRows(UnixNanoseconds(range.lowerBound)...UnixNanoseconds(range.upperBound), wanted, to: &kept)
        var events = try reader.events(wanted)
        while let row = try events.next() { add(row, to: &kept) }
    }

    private func addTicks(_ wanted: ReadRange, to kept: inout KeptRows) throws(ArchiveError) {
        let ids = instruments.keys.sorted()
        var quotes = try reader.quotes(wanted, instrumentIDs: ids)
        while let row = try quotes.next() {
            guard let instrument = instruments[row.instrumentID], isLost(row.messageIndex) else { continue }
            kept.add(KeptRow(row, instrument), at: row.tsRecv, key: key("quote", row.messageIndex, row.item))
        }
        var trades = try reader.trades(wanted, instrumentIDs: ids)
        while let row = try trades.next() {
            guard let instrument = instruments[row.instrumentID], isLost(row.messageIndex) else { continue }
            kept.add(KeptRow(row, instrument), at: row.tsRecv, key: key("trade", row.messageIndex, row.item))
        }
    }

    private func addHubRows(
        _ times: ClosedRange<UnixNanoseconds>,
        _ wanted: ReadRange,
        to kept: inout KeptRows
    ) throws(ArchiveError) {
        var updates = try reader.marginUpdates(wanted)
        while let row = try updates.next() {
            guard isLost(row.messageIndex) else { continue }
            kept.add(KeptRow(row), at: row.tsRecv, key: key("margin_update", row.messageIndex, row.item))
        }
        for row in try reader.orderUpdates(received: times) where isLost(row.messageIndex) {
            let item = Int64(row.update.origin.item)
            kept.add(KeptRow(row), at: row.tsRecv, key: key("order_update", row.messageIndex, item))
        }
        for row in try reader.venueBars(received: times, instrumentIDs: instruments.keys.sorted())
        where isLost(row.messageIndex) {
            guard let instrument = instruments[row.instrumentID] else { continue }
            kept.add(KeptRow(row, instrument), at: row.tsRecv, key: key("venue_bar", row.messageIndex, row.item))
        }
    }

    private func add(_ row: EventRow, to kept: inout KeptRows) {
        guard let messageIndex = row.messageIndex, isLost(messageIndex) else { return }
        // Such an event stands for a row that another message brought.
        guard let keptRow = KeptRow(standingFor: row) ?? KeptRow(row) else { return }
        kept.add(keptRow, at: row.tsRecv, key: key("event", messageIndex, row.item ?? 0, row.kind))
    }

    private func key(_ table: String, _ messageIndex: Int64, _ item: Int64, _ kind: String? = nil) -> KeptRows.Key {
        KeptRows.Key(recording: recording, table: table, messageIndex: messageIndex, item: item, kind: kind)
    }

    private func isLost(_ messageIndex: Int64) -> Bool {
        var (low, high) = (0, lost.count)
        while low < high {
            let middle = (low + high) / 2
            if lost[middle].upperBound < messageIndex { low = middle + 1 } else { high = middle }
        }
        return low < lost.count && lost[low].contains(messageIndex)
    }

    private static func merged(_ ranges: [ClosedRange<Int64>]) -> [ClosedRange<Int64>] {
        var merged: [ClosedRange<Int64>] = []
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = merged.last, range.lowerBound <= last.upperBound {
                merged[merged.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
            } else {
                merged.append(range)
            }
        }
        return merged
    }
}
