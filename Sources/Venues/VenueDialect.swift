package import MarketModel

/// The client's side of one connection to a venue: what to send, and what the answers mean.
///
/// Each new connection gets a new dialect. Calls take whole batches. A dialect does no I/O and reads no clock.
package protocol VenueDialect: Sendable {
    /// The symbols that ``MarketEvents`` of this dialect refer to.
    var symbols: SymbolTable { get }

    /// The reason why the conversation is over: the venue said so, or it was silent for too long. `nil` until then.
    var ending: DialectOutcome.Ending? { get }

    /// True while the venue has accepted the subscriptions, as far as it acknowledges them.
    ///
    /// Becomes true without a message when a refusal would have arrived by now.
    /// If the venue acknowledges nothing, set it in ``open(now:outgoing:)``. ``undelivered`` is reported only after it
    /// is true.
    var isSubscribed: Bool { get }

    /// What was asked for and has not arrived on this connection, by the user's names, sorted.
    ///
    /// Contains only data that flows while a market is open. A margin stream may be silent for weeks.
    var undelivered: [String] { get }

    /// Why nothing of ``undelivered`` has arrived, for the user; `nil` if the dialect does not know.
    var undeliveredReason: String? { get }

    /// The order books that ``MarketEvents/bookMessages`` of this dialect refer to. None by default.
    var books: BookTable { get }

    /// Asks the venue for a new snapshot of a book that has become invalid, in the venue's way: by subscribing again,
    /// or with a request of the kind ``MessageKind/rest``.
    ///
    /// Called once for each hole, and again if no snapshot has come after some time. By default, nothing is sent.
    mutating func repair(_ book: BookIndex, now: UnixNanoseconds, outgoing: inout MessageBatch)

    /// Appends the messages that a client sends first on a new connection.
    ///
    /// An entry of the kind ``MessageKind/rest`` is an HTTP request, see ``RESTExchange``. The answer arrives as a
    /// received message of that kind, with any status.
    mutating func open(now: UnixNanoseconds, outgoing: inout MessageBatch)

    /// Reads the received messages of `batch` and skips sent messages.
    ///
    /// Appends their content to `events`, with origins that count from the start of `batch`, and the replies to
    /// `outgoing`. Malformed messages become oddities in `events`, never errors.
    mutating func receive(
        _ batch: MessageBatch,
        now: UnixNanoseconds,
        events: inout MarketEvents,
        outgoing: inout MessageBatch
    ) -> DialectOutcome

    /// Appends the messages that a client sends before it closes the connection cleanly, such as unsubscribing.
    mutating func leave(now: UnixNanoseconds, outgoing: inout MessageBatch)

    /// Appends keep-alive messages for the venue. Call it about once a second.
    mutating func keepAlive(now: UnixNanoseconds, outgoing: inout MessageBatch)

    /// Reports that the connection was not read until now. Silence before this moment does not count.
    mutating func listeningResumed(now: UnixNanoseconds)
}

/// The meaning of a batch for its connection.
package struct DialectOutcome: Sendable, Hashable {
    /// The number of messages with market data or events.
    ///
    /// Handshakes, acknowledgements and keep-alives do not count.
    package var dataMessages = 0
    /// The number of received messages that this venue could have sent, including keep-alives.
    package var recognised = 0
    /// The number of received messages that this venue does not send.
    ///
    /// Parts of a divided record count as neither.
    package var unrecognised = 0
    /// True from the batch in which the venue acknowledged the last of the subscriptions.
    package var isSubscribed = false
    /// Set when the conversation is over: the venue refused or said goodbye.
    package var ending: Ending?
    /// Notices for the operator, for example that the venue refused a part of the subscriptions.
    package var notices: [String] = []
    /// Subscriptions that the venue refused; each is reported once.
    package var refusals: [SubscriptionRefusal] = []
    /// True if the venue announced that it will close the connection soon.
    ///
    /// It continues to send until then.
    package var isLeaving = false

    /// The reason why the conversation is over.
    package struct Ending: Sendable, Hashable {
        package enum Kind: Sendable, Hashable {
            /// The venue closed the conversation cleanly.
            case goodbye
            /// The venue refused all subscriptions, or the conversation itself.
            case refused
            /// The venue did not answer in time.
            case unanswered
            /// The venue stopped sending.
            case silence
            /// Anything else that makes the connection useless.
            case failure
        }

        package var reason: String
        package var kind: Kind
        /// False if the venue said goodbye without asking us to reconnect.
        ///
        /// The recorder then waits before it reconnects.
        package var isReturnWelcome: Bool

        package var isFailure: Bool { kind != .goodbye }

        package init(reason: String, kind: Kind, isReturnWelcome: Bool = true) {
            self.reason = reason
            self.kind = kind
            self.isReturnWelcome = isReturnWelcome
        }

        /// The venue refused to let the client in for `reason`.
        ///
        /// If the reason is not passing, the same key will be refused again: the recorder then tries rarely, in case
        /// the key is replaced.
        static func refusedLogin(_ reason: String, isPassing: Bool) -> Ending {
            Ending(reason: "the venue refused the login: \(reason)", kind: .refused, isReturnWelcome: isPassing)
        }
    }

    package init() {}
}

/// A subscription that a venue refused.
package struct SubscriptionRefusal: Sendable, Hashable {
    /// The user's name for what was refused, such as a stream.
    package let name: String
    /// The venue's words, or feedrec's if the venue gives none.
    package let reason: String

    package init(name: String, reason: String) {
        self.name = name
        self.reason = reason
    }
}

extension VenueDialect {
    package var books: BookTable { BookTable() }
    package mutating func repair(_ book: BookIndex, now: UnixNanoseconds, outgoing: inout MessageBatch) {}
    package var ending: DialectOutcome.Ending? { nil }
    package var undelivered: [String] { [] }
    package var undeliveredReason: String? { nil }

    package var isSubscribed: Bool { false }

    package mutating func leave(now: UnixNanoseconds, outgoing: inout MessageBatch) {}
}

extension VenueDialect {
    /// The default: the dialect does not watch for silence; the recorder does.
    package mutating func listeningResumed(now: UnixNanoseconds) {}
}
