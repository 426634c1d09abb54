package import Venues

/// When a connection counts as dead although it is still open.
package struct WatchRules: Sendable, Hashable {
    package var silence = SilenceRule.automatic
    /// The time-out for the venue to acknowledge the subscription; `nil` for venues that do not acknowledge.
    package var ackTimeout: Duration?
    /// How often a ping is sent; the transport waits for its pong.
    package var pingInterval: Duration? = .seconds(20)
    /// True if the venue numbers its trades without gaps.
    package var tradesAreNumbered = false

    package init() {}

    /// The usual rules for the connections of a venue.
    package init(_ rules: VenueRules) {
        ackTimeout = rules.acknowledgementTimeout
        tradesAreNumbered = rules.numbersTrades
    }
}

/// Why data is missing; the raw value is stored in `gap.cause`.
package enum GapCause: String, Sendable, Hashable, CaseIterable {
    /// The connection was lost, or could not be made.
    case disconnect
    /// No data for too long over a connection that looked healthy.
    case silence
    case noPong = "no-pong"
    case noAck = "no-ack"
    /// The venue refused the connection or everything that was requested.
    case refused
    /// The connection was replaced by one with a renewed token.
    case renewal
    /// One or more of the venue's numbers are missing.
    case sequence
    /// The venue's checksum of an order book differs from ours.
    case checksum
    /// The venue lost the connection to its own source.
    case upstream
    case restart
    case diskFull = "disk_full"
    /// The file system was no longer writable.
    case readOnly = "read_only"
    case overload
    /// The file that held the data was removed or damaged before it was complete.
    case removed
}

/// Watches one connection of a feed.
///
/// Times are on the monotonic clock.
struct FeedWatch: Sendable {
    let rules: WatchRules
    private var silence: SilenceWatch
    private var awaitsAckSince: Duration?
    private var pingedAt: Duration?
    /// The cause if the connection is being ended.
    private(set) var cause: GapCause?

    init(_ rules: WatchRules) {
        self.rules = rules
        silence = SilenceWatch(rules.silence)
    }

    mutating func connectionBegan(at time: Duration) {
        awaitsAckSince = rules.ackTimeout == nil ? nil : time
        pingedAt = time
        cause = nil
        silence.connectionBegan(at: time)
    }

    mutating func subscribed(at time: Duration) {
        awaitsAckSince = nil
        silence.connectionBegan(at: time)
    }

    mutating func dataArrived(at time: Duration) {
        silence.dataArrived(at: time)
    }

    /// Notes that the connection is read again; the time in which it was not read does not count as silence.
    mutating func listeningResumed(at time: Duration) {
        if awaitsAckSince != nil { awaitsAckSince = time }
        silence.listeningResumed(at: time)
    }

    mutating func connectionEnded(because cause: GapCause?) {
        awaitsAckSince = nil
        pingedAt = nil
        silence.connectionEnded()
        if self.cause == nil { self.cause = cause }
    }

    /// Returns the cause of the gap that begins now, `disconnect` if no other cause is known.
    mutating func takeCause() -> GapCause {
        defer { cause = nil }
        return cause ?? .disconnect
    }

    /// True once per interval.
    mutating func isPingDue(at time: Duration) -> Bool {
        guard let interval = rules.pingInterval, let pingedAt, time - pingedAt >= interval else { return false }
        self.pingedAt = time
        return true
    }

    /// Returns why the connection must end, or `nil`; silence is not a reason while the market is closed.
    mutating func verdict(at time: Duration, expectsData: Bool = true) -> String? {
        if let since = awaitsAckSince, let timeout = rules.ackTimeout, time - since >= timeout {
            awaitsAckSince = nil
            cause = .noAck
            return "the venue did not acknowledge the subscription within \(Self.text(of: timeout))"
        }
        // Silence is only measured after the acknowledgement.
        guard awaitsAckSince == nil, expectsData, let silence = silence.check(at: time) else { return nil }
        cause = .silence
        return "no data arrived for \(Self.text(of: silence))"
    }

    private static func text(of duration: Duration) -> String {
        "\((duration / .milliseconds(100)).rounded() / 10) s"
    }
}
