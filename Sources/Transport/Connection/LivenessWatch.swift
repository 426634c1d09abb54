import NIOCore

/// Timers and counters that detect a dead peer.
///
/// For use on the connection's event loop only.
struct LivenessWatch {
    /// Fires four times per idle or send time-out, whichever is shorter.
    var tick: Scheduled<Void>?
    var tickLength: Duration = .zero
    var pongTimer: Scheduled<Void>?
    var pingTimer: Scheduled<Void>?

    private var bytesReceived: UInt64 = 0
    private var isPinged = false
    private var silence: Duration = .zero
    private var bytesWritten = 0
    private var bufferedBytes = 0
    private var stall: Duration = .zero

    /// Advances one tick and returns how long nothing has arrived.
    ///
    /// Time in which we do not read does not count.
    mutating func silence(bytesReceived count: UInt64, isReading: Bool) -> Duration {
        let isSilent = count == bytesReceived && isReading
        silence = isSilent ? silence + tickLength : .zero
        bytesReceived = count
        if !isSilent { isPinged = false }
        return silence
    }

    /// True once per silence.
    mutating func shouldPing() -> Bool {
        defer { isPinged = true }
        return !isPinged
    }

    /// Advances one tick and returns how long the socket has accepted nothing although bytes were waiting.
    mutating func stall(bytesWritten count: Int, bufferedBytes buffered: Int) -> Duration {
        stall = bufferedBytes > 0 && count == bytesWritten ? stall + tickLength : .zero
        bytesWritten = count
        bufferedBytes = buffered
        return buffered == 0 ? .zero : stall
    }
}

/// Our unanswered pings, oldest first.
struct PendingPings {
    private static let countMax = 32

    private var waiting: [(payload: [UInt8], sentAt: NIODeadline)] = []

    /// When the oldest one was sent.
    var oldest: NIODeadline? { waiting.first?.sentAt }

    /// Keeps the first and the latest if there are too many: they decide time-outs and answers.
    mutating func sent(_ payload: [UInt8], at time: NIODeadline) {
        if waiting.count == Self.countMax { waiting.removeLast() }
        waiting.append((payload, time))
    }

    /// The round trip of the oldest ping with this payload; `nil` if none is waiting.
    ///
    /// A pong also answers all pings before its own (RFC 6455 §5.5.3). If several have the same payload, it may be the
    /// latest.
    mutating func answered(_ payload: [UInt8], at time: NIODeadline) -> Duration? {
        guard let oldest = waiting.first(where: { $0.payload == payload }),
            let latest = waiting.lastIndex(where: { $0.payload == payload })
        else { return nil }
        waiting.removeSubrange(...latest)
        return .nanoseconds((time - oldest.sentAt).nanoseconds)
    }
}
