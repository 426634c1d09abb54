/// When a connection counts as dead although nobody closed it.
package struct WatchRules: Sendable, Hashable {
    package var silence = SilenceRule.automatic
    /// For the venue to acknowledge the subscription; `nil` for venues that acknowledge nothing.
    package var ackTimeout: Duration?
    /// A ping goes out so often; the transport waits for its pong.
    package var pingInterval: Duration? = .seconds(20)
    /// True where the venue numbers its trades without leaving one out.
    package var tradesAreNumbered = false

    package init() {}
}

/// Why data is missing; the text is what `gap.cause` holds.
package enum GapCause: String, Sendable, Hashable, CaseIterable {
    /// The connection was lost, or could not be made.
    case disconnect
    /// No data for too long, over a connection that looked well.
    case silence
    case noPong = "no-pong"
    case noAck = "no-ack"
    /// The venue refused the connection, or everything that was asked for.
    case refused
    /// We replaced the connection by one with a renewed token.
    case renewal
    /// A number of the venue's was left out.
    case sequence
    /// The venue lost its own source.
    case upstream
    case restart
    case diskFull = "disk_full"
    /// The file system could not be written to any more.
    case readOnly = "read_only"
    case overload
    /// The file that held it was removed or damaged before it was complete.
    case removed
}

/// Watches one feed's connection.
///
/// Times are those of a clock that nobody sets.
struct FeedWatch: Sendable {
    let rules: WatchRules
    private var silence: SilenceWatch
    private var awaitsAckSince: Duration?
    private var pingedAt: Duration?
    /// Why the connection is being ended, once it is.
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

    /// From here on the connection is listened to again; the time in which it was not says nothing about the feed.
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

    /// Why the gap that begins now does; a disconnect where nothing else is known.
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

    /// Why the connection must end, once it must; silence is no reason while the market is closed.
    mutating func verdict(at time: Duration, expectsData: Bool = true) -> String? {
        if let since = awaitsAckSince, let timeout = rules.ackTimeout, time - since >= timeout {
            awaitsAckSince = nil
            cause = .noAck
            return "the venue did not acknowledge the subscription within \(Self.text(of: timeout))"
        }
        // Before the acknowledgement there is nothing to be silent about.
        guard awaitsAckSince == nil, expectsData, let silence = silence.check(at: time) else { return nil }
        cause = .silence
        return "no data came for \(Self.text(of: silence))"
    }

    private static func text(of duration: Duration) -> String {
        "\((duration / .milliseconds(100)).rounded() / 10) s"
    }
}
