import Archive
import JSONScanning
import MarketModel
import Venues

/// One client's side of a playback: what it says, and what it gets of the tape.
protocol PlaybackOutlet {
    /// True if the client has nothing to say before its tape starts.
    var isReadyAtOnce: Bool { get }
    /// What came of the client's subscriptions; `nil` for clients that have none.
    var report: SubscriptionReport? { get }
    /// Names of subscriptions that had no message; asked for at the end.
    var unanswered: [String] { get }
    /// How long the session stays silent before it sends a sign of life; `nil` where it never does.
    var keepAliveInterval: Duration? { get }
    /// The venue's side, for tapes that depend on it.
    var venueSession: (any VenueSession)? { get }

    mutating func receive(
        _ payload: UnsafeRawBufferPointer,
        kind: MessageKind,
        replies: inout MessageBatch
    ) -> OutletSignal

    /// What the client gets of some messages of a chunk; counted and digested.
    mutating func deliver(_ chunk: TapeChunk, _ range: Range<Int>) -> MessageBatch
    mutating func keepAlive(replies: inout MessageBatch)

    /// How long the client may be silent now before ``timeOut(replies:)``; `nil` where it may be so for ever.
    var clientTimeout: Duration? { get }
    /// The client was silent for too long.
    mutating func timeOut(replies: inout MessageBatch)
    /// What becomes of the connection when the tape is over.
    var ending: SessionEnding { get }

    /// The tape goes on from elsewhere: after a seek, or, where `lap` is given, at the start of the next lap.
    mutating func repositioned(to position: Int64, take: Int, lap: TapeDeck.Loop?, replies: inout MessageBatch)
    /// The tape is over, but the session goes on.
    mutating func held(replies: inout MessageBatch)
    /// The session is over.
    mutating func finish(replies: inout MessageBatch)
    /// The server goes down.
    mutating func goAway(replies: inout MessageBatch)

    /// What was sent in the present take, by kind; empty where that is not told apart.
    var counts: [Int64] { get }
    /// SHA-256 over what was sent in the last take that is over, each message followed by a line feed; `nil` before.
    var digest: String? { get }
}

extension PlaybackOutlet {
    var report: SubscriptionReport? { nil }
    var unanswered: [String] { [] }
    var clientTimeout: Duration? { nil }
    mutating func timeOut(replies: inout MessageBatch) {}
    mutating func goAway(replies: inout MessageBatch) {}
    var ending: SessionEnding { .close }
}

enum OutletSignal {
    case none
    case subscriptionsChanged
    case close(code: UInt16, reason: String)
    /// A command to the clock.
    case command(DeckCommand, id: String?)
}

/// A client of a venue, which gets what the venue sent.
struct VenueOutlet: PlaybackOutlet {
    private var session: any VenueSession
    var isReadyAtOnce: Bool { false }
    var report: SubscriptionReport? { session.report }
    var unanswered: [String] { session.unanswered }
    private let observe: (@Sendable (MessageBatch) -> Void)?
    /// `nil` where nobody asks for a digest.
    private let hasher: MessageHasher?
    private(set) var digest: String?

    init(_ session: any VenueSession, hasher: MessageHasher?, observe: (@Sendable (MessageBatch) -> Void)?) {
        self.session = session
        self.hasher = hasher
        self.observe = observe
    }

    var keepAliveInterval: Duration? { session.keepAliveInterval }
    var venueSession: (any VenueSession)? { session }
    var counts: [Int64] { [] }

    mutating func receive(
        _ payload: UnsafeRawBufferPointer,
        kind: MessageKind,
        replies: inout MessageBatch
    ) -> OutletSignal {
        switch session.receive(payload, kind: kind, replies: &replies) {
        case .none: .none
        case .subscriptionsChanged: .subscriptionsChanged
        case .close(let code, let reason): .close(code: code, reason: reason)
        }
    }

    mutating func deliver(_ chunk: TapeChunk, _ range: Range<Int>) -> MessageBatch {
        var output = MessageBatch()
        output.bytes.reserveCapacity(chunk.batch.entries[range].reduce(0) { $0 + $1.length })
        output.entries.reserveCapacity(range.count)
        session.deliver(chunk.batch, range, into: &output)
        observe?(output)
        hasher?.add(output)
        return output
    }

    mutating func keepAlive(replies: inout MessageBatch) { session.keepAlive(replies: &replies) }

    var clientTimeout: Duration? { session.clientTimeout }
    mutating func timeOut(replies: inout MessageBatch) { session.timeOut(replies: &replies) }
    var ending: SessionEnding { session.ending }

    mutating func repositioned(to position: Int64, take: Int, lap: TapeDeck.Loop?, replies: inout MessageBatch) {
        endTake()
        session.tapeMoved()
    }

    mutating func held(replies: inout MessageBatch) { endTake() }

    mutating func finish(replies: inout MessageBatch) {
        endTake()
        session.finish(replies: &replies)
    }

    mutating func goAway(replies: inout MessageBatch) { session.goAway(replies: &replies) }

    private mutating func endTake() {
        digest = hasher?.finish() ?? digest
    }
}
