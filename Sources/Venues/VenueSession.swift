package import MarketModel

/// The venue's side of one client connection: answers the client's calls and selects what it gets of a tape.
///
/// Messages are appended to a batch in the order in which they must be sent. The time in their entries is that of the
/// tape, or zero. A session does no I/O and reads no clock.
package protocol VenueSession: Sendable {
    /// True after the client has subscribed to something for the first time.
    var hasSubscribed: Bool { get }

    /// True while the client is subscribed to something, so that its tape may start.
    var isSubscribed: Bool { get }

    /// How long the venue stays silent before it sends ``keepAlive(replies:)``; `nil` if it sends no keep-alives.
    var keepAliveInterval: Duration? { get }

    /// Withholds everything that belongs to other symbols, whatever the client subscribes to.
    ///
    /// Messages that name no symbol are withheld, too, except the session's own answers and keep-alives.
    mutating func restrict(toSymbols symbols: Set<String>)

    /// Refuses subscriptions to anything that is not in `offer`, in the venue's way.
    mutating func refuse(beyond offer: VenueOffer)

    /// The results of the client's subscriptions.
    var report: SubscriptionReport { get }

    /// Subscriptions that had no message yet, at most ``SubscriptionReport/namesMax`` names.
    var unanswered: [String] { get }

    /// Reports that the tape has jumped, so nothing of it has passed this client since.
    mutating func tapeMoved()

    /// Reads one message from the client and appends the replies.
    mutating func receive(
        _ payload: UnsafeRawBufferPointer,
        kind: MessageKind,
        replies: inout MessageBatch
    ) -> SessionSignal

    /// Appends what this client gets of the messages `range` of `tape`.
    ///
    /// If the client subscribed to everything in a message, it gets the same bytes, otherwise the parts it subscribed
    /// to. Handshakes, acknowledgements and keep-alives are left out.
    mutating func deliver(_ tape: MessageBatch, _ range: Range<Int>, into output: inout MessageBatch)

    /// Appends the venue's keep-alive message.
    mutating func keepAlive(replies: inout MessageBatch)

    /// How long the client may stay silent from now on before ``timeOut(replies:)``; `nil` if there is no limit.
    var clientTimeout: Duration? { get }

    /// Appends what the venue sends to a client that was silent for too long, before the WebSocket close.
    mutating func timeOut(replies: inout MessageBatch)

    /// What the venue does at the end of the tape.
    var ending: SessionEnding { get }

    /// Appends what the venue sends at the end of the tape, before the WebSocket close.
    mutating func finish(replies: inout MessageBatch)

    /// Appends what the venue sends when its server shuts down, before the WebSocket close. It allows the client to
    /// reconnect.
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

/// What happens to a connection at the end of its tape.
package enum SessionEnding: Sendable, Hashable {
    /// The venue says goodbye and closes the WebSocket with code 1000.
    case close
    /// The connection breaks without a close, as networks do.
    case drop
    /// Nothing more is sent, not even keep-alives.
    case silence
    /// Only keep-alives are sent until the client leaves.
    case stay
}

/// The effect of a client's message.
package enum SessionSignal: Sendable, Hashable {
    case none
    /// The client subscribed to or unsubscribed from something.
    case subscriptionsChanged
    /// The connection must be closed with this WebSocket close code.
    case close(code: UInt16, reason: String)
}
