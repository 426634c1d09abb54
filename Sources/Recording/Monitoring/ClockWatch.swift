package import Archive
package import MarketModel

/// The kernel's report on its clock.
package struct KernelClockReading: Sendable, Hashable {
    /// The offset that the kernel is correcting at present.
    package var offset: Duration
    /// The largest possible error of the clock.
    package var error: Duration
    /// The kernel's status bits, as `adjtimex` returns them.
    package var status: Int64

    package init(offset: Duration, error: Duration, status: Int64) {
        self.offset = offset
        self.error = error
        self.status = status
    }

    /// False if no time service disciplines the clock (`STA_UNSYNC`).
    package var isSynchronized: Bool { status & 0x40 == 0 }
}

/// How the host's clock is watched.
package struct ClockRules: Sendable {
    /// Reads the kernel's clock status; `nil` if the kernel has none.
    package var readKernel: @Sendable () -> KernelClockReading? = { nil }
    /// How often the kernel's clock status is stored.
    package var interval: Duration = .seconds(60)
    /// A smaller jump of the wall clock is not a step.
    package var stepMin: Duration = .milliseconds(500)

    package init() {}
}

/// Compares the wall clock with the monotonic clock.
package struct ClockWatch: Sendable {
    private let stepMin: Duration
    private let interval: Duration
    private var last: (wall: UnixNanoseconds, uptime: Duration)?
    private var sampledAt: Duration?

    /// Detects steps of at least `stepMin`, and requests a sample every `interval`.
    package init(stepMin: Duration, interval: Duration) {
        self.stepMin = stepMin
        self.interval = interval
    }

    package init(_ rules: ClockRules) {
        self.init(stepMin: rules.stepMin, interval: rules.interval)
    }

    /// The step of the wall clock since the last call, negative if backwards; `nil` if there was none.
    ///
    /// A disciplined clock is slewed by at most 0.5 ms a second, which is not a step if calls come every few seconds.
    package mutating func step(wall: UnixNanoseconds, uptime: Duration) -> Duration? {
        defer { last = (wall, uptime) }
        guard let last else { return nil }
        let step = wall.since(last.wall) - (uptime - last.uptime)
        return step >= stepMin || .zero - step >= stepMin ? step : nil
    }

    /// True once per interval, starting with the first call.
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
    /// A step of the wall clock, detected at `time` on the clock after the step; `feedID` is the feed that noticed it.
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
