package import MarketModel

/// A control frame that went out or came in, for those who want to watch a connection (`probe`).
package struct ConnectionEvent: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        case pingSent(payload: [UInt8])
        /// The answer to a ping has been sent as well.
        case pingReceived(payload: [UInt8])
        /// `roundTrip` since the ping of ours that it answers; `nil` for a pong no one asked for.
        case pongReceived(payload: [UInt8], roundTrip: Duration?)
        case closeSent(code: UInt16, reason: String)
        case closeReceived(code: UInt16, reason: String)
    }

    package let time: UnixNanoseconds
    package let kind: Kind
}

/// Control frames that no one has looked at yet; the latest ``countMax`` of them.
struct ConnectionEvents: Sendable {
    static let countMax = 1024

    /// Without it nothing is kept.
    let isRecording: Bool
    private(set) var waiting: [ConnectionEvent] = []

    init(isRecording: Bool) {
        self.isRecording = isRecording
    }

    /// Keeps an event; where there are too many unread ones, the older half goes.
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
