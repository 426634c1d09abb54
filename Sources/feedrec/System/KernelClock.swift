import CTimex
import Recording

/// The state of the kernel's clock (adjtimex(2)).
enum KernelClock {
    /// `nil` if the kernel refuses the call.
    static func read() -> KernelClockReading? {
        var time = timex()
        guard adjtimex(&time) >= 0 else { return nil }
        // With STA_NANO the offset is in nanoseconds, otherwise in microseconds. The error is always in microseconds.
        let offset: Duration = time.status & 0x2000 != 0 ? .nanoseconds(time.offset) : .microseconds(time.offset)
        return KernelClockReading(offset: offset, error: .microseconds(time.maxerror), status: Int64(time.status))
    }
}
