import Archive
import MarketModel

/// The rate of data messages over the last minutes with data; times are on the monotonic clock.
///
/// It covers two periods of two and a half minutes: the current one and the one before. Time after the last message
/// counts only after the next one has arrived, because until then it may belong to a gap.
struct MessageRate: Sendable {
    /// In nanoseconds.
    private static let periodNS: Int64 = 150_000_000_000

    private var before: DeliveryRate
    private var present = DeliveryRate()
    /// The messages of the first call, used as the rate until there is a better one.
    private var burst = DeliveryRate()
    /// The number of messages so far, and when it last changed.
    private var last: (count: Int64, time: Duration)?

    /// Starts from the rate that earlier recordings of the feed measured.
    init(_ earlier: DeliveryRate = DeliveryRate()) {
        before = earlier
    }

    /// The rate so far; empty until data arrives.
    var measured: DeliveryRate {
        var rate = before
        rate.add(present)
        return rate.isEmpty ? burst : rate
    }

    /// Notes that `count` messages have arrived by `time`.
    mutating func note(_ count: Int64, at time: Duration) {
        guard let last, last.count > 0 else {
            // There is no rate before the first data.
            if burst.isEmpty { burst = DeliveryRate(messages: count, spanNS: 0) }
            self.last = (count, time)
            return
        }
        guard count > last.count, time > last.time else { return }
        present.add(messages: count - last.count, spanNS: (time - last.time).wholeNanoseconds)
        self.last = (count, time)
        if present.spanNS >= Self.periodNS { (before, present) = (present, DeliveryRate()) }
    }

    /// Skips a period in which no data could arrive, so that it does not lower the rate.
    mutating func interrupt() {
        last = nil
    }
}
