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

    /// True if the client has subscribed while its tape plays, and may need snapshots of order books.
    var needsSnapshots: Bool { get }
    /// Reports that the tape is opened again at its position, and begins with snapshots.
    mutating func snapshotsAreComing()

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
    var needsSnapshots: Bool { false }
    mutating func snapshotsAreComing() {}
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
    /// True if the tape can make snapshots.
    private let hasSnapshots: Bool
    private(set) var needsSnapshots = false
    /// The session after the last change of its subscriptions; `nil` before the tape has begun.
    private var settled: Settled?
    /// The session as it was before the subscriptions that need snapshots; `nil` if all subscriptions do.
    private var served: (any VenueSession)?
    /// True from such a subscription until its snapshots have passed.
    private var isAwaiting = false

    private struct Settled {
        let session: any VenueSession
        /// The number of its subscriptions.
        let count: Int
    }

    init(
        _ session: any VenueSession,
        hasher: MessageHasher?,
        hasSnapshots: Bool = false,
        observe: (@Sendable (MessageBatch) -> Void)?
    ) {
        self.session = session
        self.hasSnapshots = hasSnapshots
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
        case .none: return .none
        case .subscriptionsChanged:
            followSubscriptions()
            return .subscriptionsChanged
        case .close(let code, let reason): return .close(code: code, reason: reason)
        }
    }

    /// Notes a subscription that needs snapshots, because the tape has begun without it.
    ///
    /// A copy of the session is made for each change, not for each message of the client.
    private mutating func followSubscriptions() {
        guard let before = settled else { return }
        let count = session.report.count
        if count > before.count {
            if !isAwaiting { served = before.session }
            (isAwaiting, needsSnapshots) = (true, true)
        }
        settled = Settled(session: session, count: count)
    }

    mutating func deliver(_ chunk: TapeChunk, _ range: Range<Int>) -> MessageBatch {
        var output = MessageBatch()
        output.bytes.reserveCapacity(chunk.batch.entries[range].reduce(0) { $0 + $1.length })
        output.entries.reserveCapacity(range.count)
        if hasSnapshots, settled == nil { settled = Settled(session: session, count: session.report.count) }
        let recorded = min(max(range.lowerBound, chunk.snapshotCount), range.upperBound)
        deliverSnapshots(chunk.batch, range.lowerBound..<recorded, &output)
        if !needsSnapshots { isAwaiting = false }
        session.deliver(chunk.batch, recorded..<range.upperBound, into: &output)
        observe?(output)
        hasher?.add(output)
        return output
    }

    /// Delivers snapshots that were made for this tape, to subscriptions that have none yet.
    private mutating func deliverSnapshots(_ batch: MessageBatch, _ range: Range<Int>, _ output: inout MessageBatch) {
        for index in range {
            if var served {
                var known = MessageBatch()
                served.deliver(batch, index..<index + 1, into: &known)
                if !known.isEmpty { continue }
            }
            // A snapshot of something else must leave no trace.
            var next = session
            let count = output.count
            next.deliver(batch, index..<index + 1, into: &output)
            if output.count > count { session = next }
        }
    }

    mutating func snapshotsAreComing() { needsSnapshots = false }

    mutating func keepAlive(replies: inout MessageBatch) { session.keepAlive(replies: &replies) }

    var clientTimeout: Duration? { session.clientTimeout }
    mutating func timeOut(replies: inout MessageBatch) { session.timeOut(replies: &replies) }
    var ending: SessionEnding { session.ending }

    mutating func repositioned(to position: Int64, take: Int, lap: TapeDeck.Loop?, replies: inout MessageBatch) {
        endTake()
        served = nil
        (isAwaiting, needsSnapshots) = (false, false)
        session.tapeMoved()
        settled = settled.map { Settled(session: session, count: $0.count) }
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
