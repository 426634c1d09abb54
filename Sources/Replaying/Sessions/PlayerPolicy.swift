/// What happens at a paced speed to a client that takes less than it gets.
package enum LagRule: String, Sendable, Hashable, CaseIterable {
    /// Its clock waits for it.
    case wait
    /// It is closed with code 4008.
    case close
}

/// What a venue's client gets where the recording lost its venue.
package enum BreakRule: String, Sendable, Hashable, CaseIterable {
    /// Nothing for as long as it lasted.
    case silence
    /// The close that was recorded.
    case close
    /// What follows, at once.
    case skip
}

/// What a venue's client gets that subscribes to something the tape lacks.
package enum AbsentRule: String, Sendable, Hashable, CaseIterable {
    /// An error, with the nearest name and what there is.
    case refuse
    /// An acknowledgement, and nothing more.
    case ignore
}

/// What happens at the end of the tape.
package enum EndRule: String, Sendable, Hashable, CaseIterable {
    /// The session is closed with 1000.
    case close
    /// It stays, so that one can seek back.
    case hold
}

/// How one session is played.
struct PlayerPolicy: Sendable {
    /// How long a client must be quiet before its tape starts; `nil` for the rule of ``StartWait``.
    var startAfter: Duration?
    /// The same for a client whose URL names all that it wants; `nil` for `startAfter` or else that rule.
    var startAfterURL: Duration?
    /// The tape starts with this subscription; `nil` for a quiet time.
    var subscriptionsMin: Int?
    var lagLimit: Duration = .seconds(5)
    var lagRule = LagRule.wait
    var end = EndRule.close
    /// From everything since the clock's start on, rather than from where the clock stands.
    var joinsAtStart = false
    /// Ends of recorded connections at which this one is ended, in order of time.
    var breaks: [TapeBreak] = []
    /// How often the client is told its status, in nanoseconds.
    var statusInterval: Int64?

    /// The WebSocket code of a client that fell too far behind.
    static let lagCloseCode: UInt16 = 4008
}

/// The end of a recorded connection that the venue or the network brought about.
struct TapeBreak: Sendable, Hashable {
    var time: Int64
    /// As recorded: 1005 without a code, 1006 where it just broke.
    var code: UInt16
    var reason: String
}

/// How a session ended, as far as its server brought that about.
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
