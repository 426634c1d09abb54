package import MarketModel

/// A control frame that was sent or received, for code that watches a connection (`probe`).
package struct ConnectionEvent: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        case pingSent(payload: [UInt8])
        /// The pong has been sent too.
        case pingReceived(payload: [UInt8])
        /// `roundTrip` is the time since the ping that this pong answers; `nil` for an unsolicited pong.
        case pongReceived(payload: [UInt8], roundTrip: Duration?)
        case closeSent(code: UInt16, reason: String)
        case closeReceived(code: UInt16, reason: String)
    }

    package let time: UnixNanoseconds
    package let kind: Kind
}

/// Control frames that have not been taken yet; at most the latest ``countMax`` of them.
struct ConnectionEvents: Sendable {
    static let countMax = 1024

    /// If false, no events are kept.
    let isRecording: Bool
    private(set) var waiting: [ConnectionEvent] = []

    init(isRecording: Bool) {
        self.isRecording = isRecording
    }

    /// Keeps an event, and drops the older half if too many are unread.
    mutating func append(_ kind: ConnectionEvent.Kind, at time: UnixNanoseconds) {
        guard isRecording else { return }
        if waiting.count >= Self.countMax { waiting.removeFirst(Self.countMax / 2) }
        waiting.append(ConnectionEvent(time: time, kind: kind))
    }

    mutating func takeAll() -> [ConnectionEvent] {
        defer { waiting = [] }
        return waiting
    }
}
