/// How long to wait before the next attempt to connect: the delay doubles from `first` to `max`, with random jitter.
///
/// The jitter removes up to half of the delay, so that many recorders do not reconnect at the same moment.
package struct Backoff: Sendable {
    package static let standard = Backoff(first: .milliseconds(250), max: .seconds(30))

    private let first: Duration
    private let max: Duration
    private var attempts = 0

    package init(first: Duration, max: Duration) {
        self.first = first
        self.max = max
    }

    /// The delay before the next attempt.
    package mutating func next(using generator: inout some RandomNumberGenerator) -> Duration {
        // 2^20 times the first delay is beyond any sensible maximum.
        let doubled = first * (1 << min(attempts, 20))
        attempts += 1
        let delay = doubled < max ? doubled : max
        return delay * Double.random(in: 0.5...1, using: &generator)
    }

    /// Starts over after a connection that was of use.
    package mutating func reset() {
        attempts = 0
    }
}
