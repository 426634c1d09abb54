import MarketModel

/// Follows the numbers of a connection's messages: each is 1 more than the one before, over all channels.
struct CoinbaseNumbers: Sendable {
    /// What a number says about the messages before it.
    enum Effect: Sendable, Hashable {
        case continues
        /// Messages are missing.
        case hole(ConnectionHole)
        /// The message comes late, or for the second time.
        case old
        /// Another connection has begun.
        case restart
    }

    private var last: Int64?
    /// Messages without a readable number since the last number.
    private var unread: Int64 = 0

    /// Notes a message without a readable number: it has probably had the next one.
    mutating func noteUnreadable() { unread += 1 }

    mutating func note(_ number: Int64, _ origin: EventOrigin) -> Effect {
        guard let last else {
            self.last = number
            unread = 0
            return .continues
        }
        guard number > last else {
            // Every connection counts from 0; a recording may not say where the next one begins.
            guard number == 0, last > 0 else { return .old }
            self.last = 0
            unread = 0
            return .restart
        }
        // Cannot overflow: both are 0 or more.
        let missing = number - last - 1
        defer {
            self.last = number
            unread = 0
        }
        guard missing > unread else { return .continues }
        return .hole(ConnectionHole(origin: origin, last: last, next: number))
    }
}
