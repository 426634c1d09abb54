package import MarketModel

/// The venue's side of one client connection: answers the client's calls and picks what it gets of a tape.
///
/// Calls that produce messages append them to a batch in the order they must be sent; the time in their entries is that
/// of the tape or zero. Nothing here does I/O or reads a clock.
package protocol VenueSession: Sendable {
    /// True once the client has asked for something.
    var hasSubscribed: Bool { get }

    /// True while the client is subscribed to something, so that its tape may start.
    var isSubscribed: Bool { get }

    /// How long the venue stays silent before it sends ``keepAlive(replies:)``; `nil` where it never does.
    var keepAliveInterval: Duration? { get }

    /// Withholds what belongs to other symbols than these, whatever the client subscribes to.
    mutating func restrict(toSymbols symbols: Set<String>)

    /// Refuses subscriptions to what is not on offer, in the venue's way.
    mutating func refuse(beyond offer: VenueOffer)

    /// What came of the client's subscriptions.
    var report: SubscriptionReport { get }

    /// What the client is subscribed to and had no message of, at most ``SubscriptionReport/namesMax`` names.
    var unanswered: [String] { get }

    /// The tape goes on from elsewhere, so nothing of it has passed this client yet.
    mutating func tapeMoved()

    /// Reads one message of the client and appends the replies.
    mutating func receive(
        _ payload: UnsafeRawBufferPointer,
        kind: MessageKind,
        replies: inout MessageBatch
    ) -> SessionSignal

    /// Appends what this client gets of the messages `range` of `tape`: the same bytes where it subscribed to all a
    /// message holds, the parts it subscribed to otherwise, nothing of handshakes, acknowledgements and keep-alives.
    mutating func deliver(_ tape: MessageBatch, _ range: Range<Int>, into output: inout MessageBatch)

    /// Appends the venue's sign of life.
    mutating func keepAlive(replies: inout MessageBatch)

    /// How long the client may be silent now before ``timeOut(replies:)``; `nil` where it may be so for ever.
    var clientTimeout: Duration? { get }

    /// Appends what the venue says to a client that was silent for too long, before the WebSocket close.
    mutating func timeOut(replies: inout MessageBatch)

    /// What the venue does when the tape is over.
    var ending: SessionEnding { get }

    /// Appends what the venue says at the end of the tape, before the WebSocket close.
    mutating func finish(replies: inout MessageBatch)

    /// Appends what the venue says when its server goes down, before the WebSocket close: that one may come back.
    mutating func goAway(replies: inout MessageBatch)
}

extension VenueSession {
    package var isSubscribed: Bool { hasSubscribed }
    package mutating func refuse(beyond offer: VenueOffer) {}
    package var report: SubscriptionReport {
        var report = SubscriptionReport()
        report.count = isSubscribed ? 1 : 0
        return report
    }
    package var unanswered: [String] { [] }
    package mutating func tapeMoved() {}
    package var clientTimeout: Duration? { nil }
    package mutating func timeOut(replies: inout MessageBatch) {}
    package mutating func goAway(replies: inout MessageBatch) {}
    package var ending: SessionEnding { .close }
}

/// What becomes of a connection whose tape is over.
package enum SessionEnding: Sendable, Hashable {
    /// A goodbye, and a WebSocket close with 1000.
    case close
    /// The connection breaks without a word, as networks do.
    case drop
    /// Nothing is sent any more, not even signs of life.
    case silence
    /// Nothing but signs of life is sent until the client leaves.
    case stay
}

/// What a client's message changed.
package enum SessionSignal: Sendable, Hashable {
    case none
    /// The client subscribed to or unsubscribed from something.
    case subscriptionsChanged
    /// The connection must be closed with this WebSocket status code.
    case close(code: UInt16, reason: String)
}
