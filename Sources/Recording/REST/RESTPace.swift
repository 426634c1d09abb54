import MarketModel
import Synchronization

/// When the next HTTP request to a host may start.
///
/// Venues count the requests of an address, and ban addresses that continue after an answer 429. So all feeds of a
/// recorder share one value.
package final class RESTPace: Sendable {
    /// On the monotonic clock, by host.
    private let earliest = Mutex<[String: Duration]>([:])

    package init() {}

    /// Takes the turn for a request to `host` at `time`; returns false if it must wait.
    func takeTurn(_ host: String, interval: Duration, at time: Duration) -> Bool {
        earliest.withLock { earliest in
            if let next = earliest[host], next > time { return false }
            earliest[host] = time + interval
            return true
        }
    }

    /// Lets no request to `host` start for `delay` after `time`; a longer wait stays.
    func hold(_ host: String, for delay: Duration, from time: Duration) {
        earliest.withLock { $0[host] = max($0[host] ?? .zero, time + delay) }
    }
}
