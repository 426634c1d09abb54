import NIOCore

/// The timers and counters by which a connection notices that its peer is gone; belongs to its event loop.
struct LivenessWatch {
    /// Four of these make the shorter of the idle and the send time-out.
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

    /// How long nothing has come, after one more tick; a time in which we do not read does not count.
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

    /// How long the socket has taken nothing although there was something to take, after one more tick.
    mutating func stall(bytesWritten count: Int, bufferedBytes buffered: Int) -> Duration {
        stall = bufferedBytes > 0 && count == bytesWritten ? stall + tickLength : .zero
        bytesWritten = count
        bufferedBytes = buffered
        return buffered == 0 ? .zero : stall
    }
}

/// Our pings that have not been answered, oldest first.
struct PendingPings {
    private static let countMax = 32

    private var waiting: [(payload: [UInt8], sentAt: NIODeadline)] = []

    /// When the oldest one went out.
    var oldest: NIODeadline? { waiting.first?.sentAt }

    /// Keeps the first and the latest where there are too many: those decide about time-outs and answers.
    mutating func sent(_ payload: [UInt8], at time: NIODeadline) {
        if waiting.count == Self.countMax { waiting.removeLast() }
        waiting.append((payload, time))
    }

    /// The round trip of the oldest ping with this payload; `nil` where none is waiting.
    ///
    /// A pong also answers all pings before the one it answers (RFC 6455 §5.5.3), which may be the latest of those that
    /// look alike.
    mutating func answered(_ payload: [UInt8], at time: NIODeadline) -> Duration? {
        guard let oldest = waiting.first(where: { $0.payload == payload }),
            let latest = waiting.lastIndex(where: { $0.payload == payload })
        else { return nil }
        waiting.removeSubrange(...latest)
        return .nanoseconds((time - oldest.sentAt).nanoseconds)
    }
}
