import Archive
import BarBuilding
import MarketModel
import Synchronization

/// The bars that earlier sessions left in the current file.
///
/// A restart in the middle of a day, or a second import, must add to such a bar instead of replacing it. The lookup
/// costs one query for each bar that may have begun before this session.
final class StoredBars: BarHistory {
    private struct State {
        /// `nil` after it was closed.
        var reader: ArchiveReader?
        /// How long after its event time a tick arrived, in nanoseconds; one sample for each hour and instrument.
        var lags: [LagKey: Int64] = [:]
    }

    private struct LagKey: Hashable {
        let instrumentID: Int64
        let isTrade: Bool
        let hour: Int64
    }

    private static let lagsMax = 4096

    private let state: Mutex<State>
    private let lastOpen: Int64
    private let notionalDigits: [Int64: UInt8]

    /// `nil` if the recording has no bars yet.
    init?(_ writer: ArchiveWriter, _ instruments: InstrumentNumbers) throws(ArchiveError) {
        let digits = instruments.notionalDigits
        guard !digits.isEmpty else { return nil }
        let reader = try ArchiveReader(path: writer.path)
        guard let last = try reader.lastBarOpen() else { return nil }
        state = Mutex(State(reader: reader))
        lastOpen = last.rawValue
        notionalDigits = digits
    }

    /// Closes the file before it is sealed: sealing requires exclusive access.
    func close() {
        state.withLock { $0.reader = nil }
    }

    func bar(instrumentID: Int64, side: BarSide, interval: BarInterval, tsOpen: Int64) -> Bar? {
        guard tsOpen <= lastOpen, let digits = notionalDigits[instrumentID], let reader else {
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

    func edges(
        instrumentIDs: [Int64],
        side: BarSide,
        tsOpen: Int64,
        tsClose: Int64,
        near tick: TickTime
    ) -> BarEdges? {
        var edges: BarEdges?
        for instrumentID in instrumentIDs {
            let isTrade = side == .trade
            guard let lag = lag(of: instrumentID, isTrade: isTrade, at: tsOpen, near: tick),
                let first = edge(instrumentID, isTrade, tsOpen, tsClose, lag, isLast: false),
                let last = edge(instrumentID, isTrade, tsOpen, tsClose, lag, isLast: true)
            else { continue }
            edges =
                edges.map { $0.joined(with: BarEdges(first: first, last: last)) } ?? BarEdges(first: first, last: last)
        }
        return edges
    }

    func isFinal(
        instrumentID: Int64,
        side: BarSide,
        interval: BarInterval,
        tsOpen: Int64,
        when tick: TickTime,
        countMax: Int
    ) -> Bool {
        guard tsOpen <= lastOpen, let reader,
            let lag = lag(of: instrumentID, isTrade: side == .trade, at: tsOpen, near: tick)
        else { return false }
        let now = UnixNanoseconds(tick.arrival.tsRecv).advanced(by: .nanoseconds(-lag))
        guard now.since(UnixNanoseconds(tsOpen)) > .nanoseconds(interval.nanoseconds) * countMax else { return false }
        let count = try? reader.barCount(
            instrumentID: instrumentID,
            side: side,
            intervalNS: interval.nanoseconds,
            after: UnixNanoseconds(tsOpen),
            until: now,
            countMax: countMax
        )
        return count == countMax
    }

    private var reader: ArchiveReader? { state.withLock { $0.reader } }

    /// The difference between `ts_recv` and the event time of stored ticks around `tsOpen`, in nanoseconds.
    ///
    /// `tick` only says where to look first. It may be late itself, so its own difference is not used.
    private func lag(of instrumentID: Int64, isTrade: Bool, at tsOpen: Int64, near tick: TickTime) -> Int64? {
        guard let reader else { return nil }
        let guess = UnixNanoseconds(tick.arrival.tsRecv).since(UnixNanoseconds(tick.time))
        let tsRecv = UnixNanoseconds(tsOpen).advanced(by: guess)
        let key = LagKey(instrumentID: instrumentID, isTrade: isTrade, hour: tsRecv.rawValue / 3_600_000_000_000)
        if let lag = state.withLock({ $0.lags[key] }) { return lag }
        let stored = try? reader.tickLag(instrumentID: instrumentID, isTrade: isTrade, near: tsRecv)
        guard let lag = stored?.wholeNanoseconds else { return nil }
        state.withLock { state in
            if state.lags.count >= Self.lagsMax { state.lags.removeAll() }
            state.lags[key] = lag
        }
        return lag
    }

    private func edge(
        _ instrumentID: Int64,
        _ isTrade: Bool,
        _ tsOpen: Int64,
        _ tsClose: Int64,
        _ lag: Int64,
        isLast: Bool
    ) -> TickTime? {
        let tick = try? reader?.edgeTick(
            instrumentID: instrumentID,
            isTrade: isTrade,
            from: UnixNanoseconds(tsOpen),
            to: UnixNanoseconds(tsClose),
            lag: .nanoseconds(lag),
            isLast: isLast
        )
        return tick.map {
            TickTime(
                time: $0.time.rawValue,
                arrival: TickArrival(tsRecv: $0.tsRecv, messageIndex: $0.messageIndex, item: $0.item)
            )
        }
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

    /// Reads canonical decimal text back into a number with `digits` decimal digits.
    private static func notional(_ text: String, digits: UInt8) -> Int128? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        let fraction = parts.count > 1 ? String(parts[1]) : ""
        guard fraction.count <= Int(digits) else { return nil }
        let padding = String(repeating: "0", count: Int(digits) - fraction.count)
        return Int128(String(parts[0]) + fraction + padding)
    }
}
