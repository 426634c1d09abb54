import Archive
import BarBuilding
import MarketModel
import Synchronization

/// The bars that earlier sessions left in the file that is written to now.
///
/// A restart in the middle of a day or a second import must add to such a bar, not replace it. Looking one up costs a
/// query, once for each bar that may have been begun before this session.
final class StoredBars: BarHistory {
    /// `nil` once it is closed.
    private let reader: Mutex<ArchiveReader?>
    private let lastOpen: Int64
    private let notionalDigits: [Int64: UInt8]

    /// `nil` where the recording has no bars yet.
    init?(_ writer: ArchiveWriter, _ instruments: InstrumentNumbers) throws(ArchiveError) {
        let digits = instruments.notionalDigits
        guard !digits.isEmpty else { return nil }
        let reader = try ArchiveReader(path: writer.path)
        guard let last = try reader.lastBarOpen() else { return nil }
        self.reader = Mutex(reader)
        lastOpen = last.rawValue
        notionalDigits = digits
    }

    /// Lets go of the file: it is about to be sealed, which takes that nobody has it open.
    func close() {
        reader.withLock { $0 = nil }
    }

    func bar(instrumentID: Int64, side: BarSide, interval: BarInterval, tsOpen: Int64) -> Bar? {
        guard tsOpen <= lastOpen, let digits = notionalDigits[instrumentID], let reader = reader.withLock(\.self) else {
            return nil
        }
        let row = try? reader.bar(
            instrumentID: instrumentID,
            side: side,
            intervalNS: interval.nanoseconds,
            tsOpen: UnixNanoseconds(tsOpen)
        )
        return row.map { Bar($0, side: side, interval: interval, notionalDigits: digits) }
    }

    func lastTick(instrumentID: Int64, side: BarSide, tsOpen: Int64, tsClose: Int64) -> Int64? {
        let last = try? reader.withLock(\.self)?.lastTick(
            instrumentID: instrumentID,
            isTrade: side == .trade,
            from: UnixNanoseconds(tsOpen),
            to: UnixNanoseconds(tsClose)
        )
        return last?.rawValue
    }
}

extension Bar {
    fileprivate init(_ row: BarRow, side: BarSide, interval: BarInterval, notionalDigits: UInt8) {
        self.init(
            instrumentID: row.instrumentID,
            side: side,
            interval: interval,
            tsOpen: row.tsOpen.rawValue,
            tsClose: row.tsClose.rawValue,
            open: row.open,
            high: row.high,
            low: row.low,
            close: row.close,
            tickCount: row.tickCount,
            volume: row.volume,
            takerBuyVolume: row.takerBuyVolume,
            notional: row.notional.flatMap { Self.notional($0, digits: notionalDigits) },
            isComplete: row.isComplete,
            timeSource: row.timeSource
        )
    }

    /// Reads canonical decimal text back into a number with `digits` digits behind the point.
    private static func notional(_ text: String, digits: UInt8) -> Int128? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        let fraction = parts.count > 1 ? String(parts[1]) : ""
        guard fraction.count <= Int(digits) else { return nil }
        let padding = String(repeating: "0", count: Int(digits) - fraction.count)
        return Int128(String(parts[0]) + fraction + padding)
    }
}
