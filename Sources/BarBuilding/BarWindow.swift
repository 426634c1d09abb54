import MarketModel

/// The recent bars of one instrument, one kind of tick and one interval, oldest first.
struct BarWindow<Values: BarValues>: Sendable {
    /// A bar in the making, or made and still open to late ticks.
    private struct Slot: Sendable {
        let tsOpen: Int64
        let tsClose: Int64
        var values: Values
        var tickCount: Int64 = 1
        var firstTick: Int64
        var lastTick: Int64
        var timeSource: BarTimeSource
        /// Touched by a gap, or begun before the recording was.
        var isBroken = false
        var isClosed = false
        var isChanged = true
        /// Counted among those that the file has.
        var isTaken = false

        @inline(__always)
        func contains(_ time: Int64) -> Bool { tsOpen <= time && time < tsClose }

        @inline(__always)
        mutating func extend(with tick: Values.Tick, at time: Int64, source: BarTimeSource) {
            let isFirst = time < firstTick
            let isLast = time >= lastTick
            values.extend(tick, isFirst: isFirst, isLast: isLast)
            tickCount += 1
            if isFirst { firstTick = time }
            if isLast { lastTick = time }
            if source == .recv { timeSource = .recv }
            isChanged = true
        }
    }

    /// Late ticks revise any of this many bars; older ones are final.
    static var slotsMax: Int { 128 }

    let instrumentID: Int64
    let interval: BarInterval
    private let history: (any BarHistory)?
    private var slots: [Slot] = []
    private(set) var hasChanges = false
    /// Bars handed out so far, each once a file.
    private(set) var slotsTaken: Int64 = 0
    /// The earliest end of a bar that is not closed yet.
    private(set) var nextClose = Int64.max

    init(instrumentID: Int64, interval: BarInterval, history: (any BarHistory)?) {
        self.instrumentID = instrumentID
        self.interval = interval
        self.history = history
    }

    /// Adds a tick; false when it is too late for any bar that can still change.
    @inline(__always)
    mutating func add(_ tick: Values.Tick, at time: Int64, source: BarTimeSource) -> Bool {
        guard let last = slots.indices.last, slots[last].contains(time) else {
            return addElsewhere(tick, at: time, source: source)
        }
        slots[last].extend(with: tick, at: time, source: source)
        hasChanges = true
        return true
    }

    /// Adds a tick that does not belong to the youngest bar.
    @inline(never)
    private mutating func addElsewhere(_ tick: Values.Tick, at time: Int64, source: BarTimeSource) -> Bool {
        guard let start = interval.start(of: time) else { return false }
        var place = slots.endIndex
        // The window may hold more bars than can change, those that nobody has taken yet.
        let placeMin = max(0, slots.count - Self.slotsMax)
        while place > placeMin, slots[place - 1].tsOpen > start { place -= 1 }
        guard slots.count - place < Self.slotsMax else { return false }
        if place > 0, slots[place - 1].tsOpen == start {
            slots[place - 1].extend(with: tick, at: time, source: source)
            hasChanges = true
        } else {
            insert(tick, at: time, source: source, start: start, place: place)
        }
        return true
    }

    private mutating func insert(
        _ tick: Values.Tick,
        at time: Int64,
        source: BarTimeSource,
        start: Int64,
        place: Int
    ) {
        var slot: Slot
        if let stored = restore(start) {
            slot = stored
            slot.extend(with: tick, at: time, source: source)
        } else {
            slot = Slot(
                tsOpen: start,
                tsClose: start + interval.nanoseconds,
                values: Values(tick),
                firstTick: time,
                lastTick: time,
                timeSource: source
            )
        }
        slots.insert(slot, at: place)
        if !slot.isClosed { nextClose = min(nextClose, slot.tsClose) }
        hasChanges = true
        // What leaves must have been handed out, so the window may be larger between two calls of `takeChanged`.
        if slots.count > Self.slotsMax, !slots[0].isChanged, slots[0].isClosed { slots.removeFirst() }
    }

    /// The bar that an earlier run stored.
    ///
    /// A tick of this run that is older than the last one of that does not become its close; none becomes its open.
    private func restore(_ tsOpen: Int64) -> Slot? {
        guard let history else { return nil }
        let bars = Values.sides.compactMap { side in
            history.bar(instrumentID: instrumentID, side: side, interval: interval, tsOpen: tsOpen)
        }
        guard bars.count == Values.sides.count else { return nil }
        return Slot(
            tsOpen: tsOpen,
            tsClose: bars[0].tsClose,
            values: Values(restoring: bars),
            tickCount: bars[0].tickCount,
            firstTick: tsOpen,
            lastTick: history.lastTick(
                instrumentID: instrumentID,
                side: bars[0].side,
                tsOpen: tsOpen,
                tsClose: bars[0].tsClose
            ) ?? tsOpen,
            timeSource: bars[0].timeSource,
            isBroken: !bars[0].isComplete,
            isClosed: bars[0].isComplete,
            isTaken: true
        )
    }

    /// Closes the bars that are over at `clock`; complete are those that began at or after `coveredFrom`.
    mutating func close(clock: TapeMoment, coveredFrom: TapeMoment?) {
        guard nextClose <= max(clock.recv, clock.event ?? .min) else { return }
        nextClose = .max
        for index in slots.indices where !slots[index].isClosed {
            let source = slots[index].timeSource
            guard let now = clock.time(source), slots[index].tsClose <= now else {
                nextClose = min(nextClose, slots[index].tsClose)
                continue
            }
            slots[index].isClosed = true
            slots[index].isChanged = true
            hasChanges = true
            let start = coveredFrom?.time(source)
            if start.map({ $0 > slots[index].tsOpen }) ?? true { slots[index].isBroken = true }
        }
    }

    /// Marks every bar that is not over at `moment`, and has begun at `end`, as touched by a gap.
    mutating func breakBars(endingAfter moment: TapeMoment, beginningUntil end: TapeMoment? = nil) {
        for index in slots.indices where !slots[index].isBroken {
            if let time = moment.time(slots[index].timeSource), slots[index].tsClose <= time { continue }
            if let time = end?.time(slots[index].timeSource), slots[index].tsOpen > time { continue }
            slots[index].isBroken = true
            guard slots[index].isClosed else { continue }
            slots[index].isChanged = true
            hasChanges = true
        }
    }

    /// Has every bar that is not closed handed out once more, as one that the file does not have.
    mutating func beginFile() {
        for index in slots.indices {
            slots[index].isTaken = false
            guard !slots[index].isClosed else { continue }
            slots[index].isChanged = true
            hasChanges = true
        }
    }

    /// Appends every bar that changed since the last call.
    mutating func takeChanged(into bars: inout [Bar]) {
        guard hasChanges else { return }
        hasChanges = false
        for index in slots.indices where slots[index].isChanged {
            slots[index].isChanged = false
            if !slots[index].isTaken {
                slots[index].isTaken = true
                slotsTaken += 1
            }
            let slot = slots[index]
            let template = Bar(
                instrumentID: instrumentID,
                side: .trade,
                interval: interval,
                tsOpen: slot.tsOpen,
                tsClose: slot.tsClose,
                open: 0,
                high: 0,
                low: 0,
                close: 0,
                tickCount: slot.tickCount,
                volume: nil,
                takerBuyVolume: nil,
                notional: nil,
                isComplete: slot.isClosed && !slot.isBroken,
                timeSource: slot.timeSource
            )
            slot.values.appendBars(template, to: &bars)
        }
        // Times far in the future never close, and must not pile up; what leaves then stays incomplete.
        while slots.count > Self.slotsMax, slots[0].isClosed || slots.count > 8 * Self.slotsMax {
            slots.removeFirst()
        }
    }
}
