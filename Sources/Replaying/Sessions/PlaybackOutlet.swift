import Archive
import JSONScanning
import MarketModel
import Venues

/// One client's side of a playback: its requests, and its part of the tape.
protocol PlaybackOutlet {
    /// True if the client need not subscribe before its tape starts.
    var isReadyAtOnce: Bool { get }
    /// The results of the client's subscriptions; `nil` for clients without subscriptions.
    var report: SubscriptionReport? { get }
    /// Subscriptions without a message so far. It is read at the end.
    var unanswered: [String] { get }
    /// How long the session stays silent before it sends a keep-alive; `nil` if it sends none.
    var keepAliveInterval: Duration? { get }
    /// The venue's side, for tapes that depend on it.
    var venueSession: (any VenueSession)? { get }

    mutating func receive(
        _ payload: UnsafeRawBufferPointer,
        kind: MessageKind,
        replies: inout MessageBatch
    ) -> OutletSignal

    /// Returns what the client gets of some messages of a chunk, and adds it to the counts and the digest.
    mutating func deliver(_ chunk: TapeChunk, _ range: Range<Int>) -> MessageBatch
    mutating func keepAlive(replies: inout MessageBatch)

    /// How long the client may stay silent from now on before ``timeOut(replies:)``; `nil` if there is no limit.
    var clientTimeout: Duration? { get }
    /// Appends the last messages to a client that was silent for too long.
    mutating func timeOut(replies: inout MessageBatch)
    /// What happens to the connection at the end of the tape.
    var ending: SessionEnding { get }

    /// Reports that the tape has jumped: after a seek, or to the start of the next lap if `lap` is given.
    mutating func repositioned(to position: Int64, take: Int, lap: TapeDeck.Loop?, replies: inout MessageBatch)
    /// Reports that the tape has ended while the session continues.
    mutating func held(replies: inout MessageBatch)
    /// Reports that the session has ended.
    mutating func finish(replies: inout MessageBatch)
    /// Reports that the server shuts down.
    mutating func goAway(replies: inout MessageBatch)

    /// Messages sent in the present take, by kind; empty if kinds are not counted.
    var counts: [Int64] { get }
    /// SHA-256 over the messages sent in the last finished take, with a line feed after each; `nil` before.
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
    /// A command for the clock.
    case command(DeckCommand, id: String?)
}

/// A client of a venue.
///
/// It gets what the venue sent.
struct VenueOutlet: PlaybackOutlet {
    private var session: any VenueSession
    var isReadyAtOnce: Bool { false }
    var report: SubscriptionReport? { session.report }
    var unanswered: [String] { session.unanswered }
    private let observe: (@Sendable (MessageBatch) -> Void)?
    /// `nil` if no digest is needed.
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
