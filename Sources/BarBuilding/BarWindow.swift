import MarketModel

/// The recent bars of one symbol, one kind of tick and one interval, oldest first.
struct BarWindow<Values: BarValues>: Sendable {
    /// Number of recent bars that late ticks can revise; older ones are final.
    static var slotsMax: Int { 128 }

    /// The rows of the symbol; bars of an earlier run may be stored under any of them.
    var instruments: [BarInstrument]
    let interval: BarInterval
    private let history: (any BarHistory)?
    private var slots: [BarSlot<Values>] = []
    /// Bars that left a row under which the file may contain them.
    private var moved: [(instrumentID: Int64, tsOpen: Int64)] = []
    private(set) var hasChanges = false
    /// Bars taken so far, counted once per file.
    private(set) var slotsTaken: Int64 = 0
    /// The earliest end of a bar that is not closed yet.
    private(set) var nextClose = Int64.max

    init(instrument: BarInstrument, interval: BarInterval, history: (any BarHistory)?) {
        instruments = [instrument]
        self.interval = interval
        self.history = history
    }

    /// Adds a tick with the digits of `instrument`; returns false if it is too late for any bar that can still change.
    @inline(__always)
    mutating func add(_ tick: Values.Tick, of instrument: BarInstrument, at time: TickTime, source: BarTimeSource)
        -> Bool
    {
        guard let last = slots.indices.last, slots[last].contains(time.time), slots[last].instrument == instrument
        else { return addElsewhere(tick, of: instrument, at: time, source: source) }
        slots[last].extend(with: tick, at: time, source: source)
        hasChanges = true
        return true
    }

    /// Adds a tick that does not belong to the youngest bar, or has other digits.
    @inline(never)
    private mutating func addElsewhere(
        _ tick: Values.Tick,
        of instrument: BarInstrument,
        at time: TickTime,
        source: BarTimeSource
    ) -> Bool {
        guard let start = interval.start(of: time.time) else { return false }
        var place = slots.endIndex
        // The window may hold more bars than can change: those that have not been taken yet.
        let placeMin = max(0, slots.count - Self.slotsMax)
        while place > placeMin, slots[place - 1].tsOpen > start { place -= 1 }
        guard slots.count - place < Self.slotsMax else { return false }
        if place == 0 || slots[place - 1].tsOpen != start {
            guard !isFinal(start, when: time) else { return false }
            place = insertRestored(start, near: time, at: place)
        }
        hasChanges = true
        if !join(tick, of: instrument, at: time, source: source, start: start, before: place) {
            insert(BarSlot(tick, of: instrument, at: time, source: source, start: start, interval), at: place)
        }
        // Bars must be taken before they leave, so the window may be larger between two calls of `takeChanged`.
        if slots.count > Self.slotsMax, !slots[0].isChanged, slots[0].isClosed { slots.removeFirst() }
        return true
    }

    /// Adds the tick to a bar that begins at `start`; false if there is none that can hold it exactly.
    private mutating func join(
        _ tick: Values.Tick,
        of instrument: BarInstrument,
        at time: TickTime,
        source: BarTimeSource,
        start: Int64,
        before end: Int
    ) -> Bool {
        var place = end - 1
        while place >= 0, slots[place].tsOpen == start {
            let previous = slots[place].instrument
            if let tick = slots[place].adapt(tick, of: instrument) {
                if slots[place].instrument != previous, slots[place].isTaken { moved.append((previous.id, start)) }
                slots[place].extend(with: tick, at: time, source: source)
                return true
            }
            place -= 1
        }
        return false
    }

    private mutating func insert(_ slot: BarSlot<Values>, at place: Int) {
        slots.insert(slot, at: place)
        if !slot.isClosed { nextClose = min(nextClose, slot.tsClose) }
    }

    /// True if earlier runs made enough younger bars that the one at `start` cannot change any more.
    private func isFinal(_ start: Int64, when tick: TickTime) -> Bool {
        guard let history else { return false }
        return instruments.contains { instrument in
            history.isFinal(
                instrumentID: instrument.id,
                side: Values.sides[0],
                interval: interval,
                tsOpen: start,
                when: tick,
                countMax: Self.slotsMax
            )
        }
    }

    /// Inserts the bars of an earlier run to which `tick` may belong, and returns the position after them.
    private mutating func insertRestored(_ start: Int64, near tick: TickTime, at place: Int) -> Int {
        guard let history else { return place }
        var place = place
        for instrument in instruments {
            let slot = BarSlot<Values>(
                restoring: start,
                of: instrument,
                among: instruments,
                interval,
                near: tick,
                from: history
            )
            guard let slot else { continue }
            insert(slot, at: place)
            place += 1
        }
        return place
    }

    /// Closes the bars that are over at `clock`; those that began before `coveredFrom` are incomplete.
    mutating func close(clock: BarMoment, coveredFrom: BarMoment?) {
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

    /// Marks bars as touched by a gap unless they are over at `moment`, or begin after `end`.
    mutating func breakBars(endingAfter moment: BarMoment, beginningUntil end: BarMoment? = nil) {
        for index in slots.indices where !slots[index].isBroken {
            if let time = moment.time(slots[index].timeSource), slots[index].tsClose <= time { continue }
            if let time = end?.time(slots[index].timeSource), slots[index].tsOpen > time { continue }
            slots[index].isBroken = true
            guard slots[index].isClosed else { continue }
            slots[index].isChanged = true
            hasChanges = true
        }
    }

    /// Makes every bar that is not closed be taken once more, because the new file does not have it.
    mutating func beginFile() {
        for index in slots.indices {
            slots[index].isTaken = false
            guard !slots[index].isClosed else { continue }
            slots[index].isChanged = true
            hasChanges = true
        }
    }

    /// Appends all bars that changed since the last call, and the keys that bars have left.
    mutating func takeChanged(into changes: inout BarChanges) {
        guard hasChanges else { return }
        hasChanges = false
        for (instrumentID, tsOpen) in moved {
            changes.removed += Values.sides.map {
                BarKey(instrumentID: instrumentID, side: $0, interval: interval, tsOpen: tsOpen)
            }
        }
        moved.removeAll()
        for index in slots.indices where slots[index].isChanged {
            slots[index].isChanged = false
            if !slots[index].isTaken {
                slots[index].isTaken = true
                slotsTaken += 1
            }
            slots[index].appendBars(interval, to: &changes.bars)
        }
        // Bars far in the future never close and must not accumulate; those removed here stay incomplete.
        while slots.count > Self.slotsMax, slots[0].isClosed || slots.count > 8 * Self.slotsMax {
            slots.removeFirst()
        }
    }
}
