package import Archive
package import MarketModel

/// How well the kernel believes its clock to be kept.
package struct KernelClockReading: Sendable, Hashable {
    /// What the clock is being corrected by.
    package var offset: Duration
    /// How wrong it is at most.
    package var error: Duration
    /// The kernel's status bits, as `adjtimex` returns them.
    package var status: Int64

    package init(offset: Duration, error: Duration, status: Int64) {
        self.offset = offset
        self.error = error
        self.status = status
    }

    /// False while nobody disciplines the clock (`STA_UNSYNC`).
    package var isSynchronized: Bool { status & 0x40 == 0 }
}

/// What is watched of the host's clock.
package struct ClockRules: Sendable {
    /// The kernel's word; `nil` where it has none.
    package var readKernel: @Sendable () -> KernelClockReading? = { nil }
    /// How often that is stored.
    package var interval: Duration = .seconds(60)
    /// From how far on a jump of the wall clock counts as a step.
    package var stepMin: Duration = .milliseconds(500)

    package init() {}
}

/// Watches the wall clock against one that nobody sets.
package struct ClockWatch: Sendable {
    private let stepMin: Duration
    private let interval: Duration
    private var last: (wall: UnixNanoseconds, uptime: Duration)?
    private var sampledAt: Duration?

    /// Tells steps of `stepMin` and more, and asks for a sample every `interval`.
    package init(stepMin: Duration, interval: Duration) {
        self.stepMin = stepMin
        self.interval = interval
    }

    package init(_ rules: ClockRules) {
        self.init(stepMin: rules.stepMin, interval: rules.interval)
    }

    /// How far the wall clock has been set since the last call, forwards or backwards; `nil` where it just went on.
    ///
    /// What a disciplined clock is slewed, 0.5 ms a second at most, is no step while calls come every few seconds.
    package mutating func step(wall: UnixNanoseconds, uptime: Duration) -> Duration? {
        defer { last = (wall, uptime) }
        guard let last else { return nil }
        let step = wall.since(last.wall) - (uptime - last.uptime)
        return step >= stepMin || .zero - step >= stepMin ? step : nil
    }

    /// True once per interval, the first time at once.
    package mutating func isSampleDue(uptime: Duration) -> Bool {
        if let sampledAt, uptime - sampledAt < interval { return false }
        sampledAt = uptime
        return true
    }
}

extension ClockSampleRow {
    package init(ts: UnixNanoseconds, _ reading: KernelClockReading) {
        self.init(
            ts: ts,
            offsetNS: reading.offset.wholeNanoseconds,
            errorNS: reading.error.wholeNanoseconds,
            status: reading.status
        )
    }
}

extension EventRow {
    /// A step of the wall clock, found at `time` by the clock as it is set now; `feedID` says whose session noticed.
    package init(clockStep step: Duration, at time: UnixNanoseconds, feedID: Int64) {
        self.init(
            tsRecv: time,
            messageIndex: nil,
            item: nil,
            feedID: feedID,
            kind: "clock_step",
            json: Array(#"{"step_ns":\#(step.wholeNanoseconds)}"#.utf8)
        )
    }
}
