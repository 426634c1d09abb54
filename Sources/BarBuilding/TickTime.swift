package import MarketModel

/// When a tick arrived: its position among all messages.
package struct TickArrival: Sendable {
    package let tsRecv: Int64
    package let messageIndex: Int64
    package let item: Int64

    package init(tsRecv: UnixNanoseconds, messageIndex: Int64, item: Int64) {
        self.tsRecv = tsRecv.rawValue
        self.messageIndex = messageIndex
        self.item = item
    }

    fileprivate init(_ tsRecv: Int64, _ messageIndex: Int64, _ item: Int64) {
        self.tsRecv = tsRecv
        self.messageIndex = messageIndex
        self.item = item
    }

    /// Precedes every real arrival.
    static let first = TickArrival(.min, .min, .min)

    func precedes(_ other: TickArrival) -> Bool {
        if tsRecv != other.tsRecv { return tsRecv < other.tsRecv }
        if messageIndex != other.messageIndex { return messageIndex < other.messageIndex }
        return item < other.item
    }
}

/// The order of ticks within a bar: by time, then by arrival.
///
/// Two connections of a feed may be read in turns, so ticks are not always added in order of arrival. Open and close
/// must not depend on that, because a rebuild adds the same ticks in that order.
package struct TickTime: Sendable {
    package let time: Int64
    package let arrival: TickArrival

    package init(time: Int64, arrival: TickArrival) {
        self.time = time
        self.arrival = arrival
    }

    @inline(__always)
    func precedes(_ other: TickTime) -> Bool {
        time == other.time ? arrival.precedes(other.arrival) : time < other.time
    }
}
