/// What happens at a paced speed if a client reads more slowly than the tape plays.
package enum LagRule: String, Sendable, Hashable, CaseIterable {
    /// The client's clock waits for it.
    case wait
    /// The client is closed with code 4008.
    case close
}

/// What a venue's client gets when the recorder had lost the venue.
package enum BreakRule: String, Sendable, Hashable, CaseIterable {
    /// Silence for the time of the gap.
    case silence
    /// The recorded close.
    case close
    /// The messages after the gap, at once.
    case skip
}

/// What happens if a venue's client subscribes to something that is not on the tape.
package enum AbsentRule: String, Sendable, Hashable, CaseIterable {
    /// It gets an error, with the nearest name and some of the available names.
    case refuse
    /// It gets an acknowledgement but no data.
    case ignore
}

/// What happens at the end of the tape.
package enum EndRule: String, Sendable, Hashable, CaseIterable {
    /// The session is closed with 1000.
    case close
    /// The session stays open, so that the client can seek back.
    case hold
}

/// The settings for playing one session.
struct PlayerPolicy: Sendable {
    /// How long a client must be quiet before its tape starts; `nil` for the rule of ``StartWait``.
    var startAfter: Duration?
    /// The same for a client with subscriptions in its URL; `nil` for `startAfter`, or else that rule.
    var startAfterURL: Duration?
    /// The tape starts after this many subscriptions; `nil` for a quiet time.
    var subscriptionsMin: Int?
    var lagLimit: Duration = .seconds(5)
    var lagRule = LagRule.wait
    var end = EndRule.close
    /// Whether the client gets everything since the clock's start, instead of joining at the clock's position.
    var joinsAtStart = false
    /// Ends of recorded connections that also end this one, in order of time.
    var breaks: [TapeBreak] = []
    /// How often the client gets a status message, in nanoseconds.
    var statusInterval: Int64?

    /// The WebSocket close code for a client that fell too far behind.
    static let lagCloseCode: UInt16 = 4008
}

/// The end of a recorded connection, caused by the venue or the network.
struct TapeBreak: Sendable, Hashable {
    var time: Int64
    /// As recorded: 1005 if there was no code, 1006 if the connection broke.
    var code: UInt16
    var reason: String
}

/// How a session ended.
enum PlayerEnding: Sendable, Hashable {
    case endOfTape
    case stopped
    case unreadable
    case lagging(reason: String)
    case refused(code: UInt16, reason: String)
    case broken(TapeBreak)
    /// The client left, or the server is shutting down.
    case gone
}
