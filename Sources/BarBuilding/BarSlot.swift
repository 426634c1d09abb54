import MarketModel

/// A bar that is being built, or is finished but still open to late ticks.
struct BarSlot<Values: BarValues>: Sendable {
    let tsOpen: Int64
    let tsClose: Int64
    /// The row that the bar is stored under: of the rows of its ticks, the one with the most digits.
    private(set) var instrument: BarInstrument
    private var values: Values
    private var tickCount: Int64
    private var firstTick: TickTime
    private var lastTick: TickTime
    private(set) var timeSource: BarTimeSource
    /// A gap touches it, or it began before the recording.
    var isBroken = false
    var isClosed = false
    var isChanged = true
    /// Already counted for the current file.
    var isTaken = false

    /// Makes a bar from one tick.
    init(
        _ tick: Values.Tick,
        of instrument: BarInstrument,
        at time: TickTime,
        source: BarTimeSource,
        start: Int64,
        _ interval: BarInterval
    ) {
        tsOpen = start
        tsClose = start + interval.nanoseconds
        self.instrument = instrument
        values = Values(tick)
        tickCount = 1
        firstTick = time
        lastTick = time
        timeSource = source
    }

    /// Restores the bar that an earlier run stored under `instrument`, before `tick` is added; `nil` if there is none.
    ///
    /// Runs may come in any order: an import may add ticks before the stored ones, or between them. The bar's ticks may
    /// be stored under any of `instruments` that has no more digits.
    init?(
        restoring start: Int64,
        of instrument: BarInstrument,
        among instruments: [BarInstrument],
        _ interval: BarInterval,
        near tick: TickTime,
        from history: any BarHistory
    ) {
        let bars = Values.sides.compactMap { side in
            history.bar(instrumentID: instrument.id, side: side, interval: interval, tsOpen: start)
        }
        guard bars.count == Values.sides.count else { return nil }
        let edges = history.edges(
            instrumentIDs: instruments.filter { instrument.scale(from: $0) != nil }.map(\.id),
            side: bars[0].side,
            tsOpen: start,
            tsClose: bars[0].tsClose,
            near: tick
        )
        tsOpen = start
        tsClose = bars[0].tsClose
        self.instrument = instrument
        values = Values(restoring: bars)
        tickCount = bars[0].tickCount
        firstTick = edges?.first ?? TickTime(time: start, arrival: .first)
        lastTick = edges?.last ?? TickTime(time: start, arrival: .first)
        timeSource = bars[0].timeSource
        isBroken = !bars[0].isComplete
        isClosed = bars[0].isComplete
        isTaken = true
        isChanged = false
    }

    @inline(__always)
    func contains(_ time: Int64) -> Bool { tsOpen <= time && time < tsClose }

    /// Adds a tick with the digits of ``instrument``.
    @inline(__always)
    mutating func extend(with tick: Values.Tick, at time: TickTime, source: BarTimeSource) {
        let isFirst = time.precedes(firstTick)
        let isLast = !time.precedes(lastTick)
        values.extend(tick, isFirst: isFirst, isLast: isLast)
        tickCount += 1
        if isFirst { firstTick = time }
        if isLast { lastTick = time }
        if source == .recv { timeSource = .recv }
        isChanged = true
    }

    /// Converts a tick of another row of the symbol to the bar's digits, or the bar to the tick's if those are more.
    ///
    /// Returns `nil`, and changes nothing, if neither row can hold all numbers exactly.
    mutating func adapt(_ tick: Values.Tick, of other: BarInstrument) -> Values.Tick? {
        if other == instrument { return tick }
        if let scale = other.scale(from: instrument), let scaled = values.scaled(by: scale) {
            values = scaled
            instrument = other
            return tick
        }
        return instrument.scale(from: other).flatMap { Values.scaled(tick, by: $0) }
    }

    /// Appends the bar of each side.
    func appendBars(_ interval: BarInterval, to bars: inout [Bar]) {
        let template = Bar(
            instrumentID: instrument.id,
            side: .trade,
            interval: interval,
            tsOpen: tsOpen,
            tsClose: tsClose,
            open: 0,
            high: 0,
            low: 0,
            close: 0,
            tickCount: tickCount,
            volume: nil,
            takerBuyVolume: nil,
            notional: nil,
            isComplete: isClosed && !isBroken,
            timeSource: timeSource
        )
        values.appendBars(template, to: &bars)
    }
}
