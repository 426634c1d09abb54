import CTimex
import Recording

/// What the kernel says of its clock (adjtimex(2)).
enum KernelClock {
    /// `nil` where the kernel does not tell.
    static func read() -> KernelClockReading? {
        var time = timex()
        guard adjtimex(&time) >= 0 else { return nil }
        // STA_NANO: the offset is in nanoseconds, not microseconds; the error is in microseconds always.
        let offset: Duration = time.status & 0x2000 != 0 ? .nanoseconds(time.offset) : .microseconds(time.offset)
        return KernelClockReading(offset: offset, error: .microseconds(time.maxerror), status: Int64(time.status))
    }
}
