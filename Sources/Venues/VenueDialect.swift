package import MarketModel

/// The client's side of one connection to a venue: what to send, and what the answers mean.
///
/// A new connection gets a new dialect. Calls take whole batches; nothing here does I/O or reads a clock.
package protocol VenueDialect: Sendable {
    /// The symbols that ``MarketEvents`` of this dialect refer to.
    var symbols: SymbolTable { get }

    /// Why the conversation is over, as soon as it is: the venue said so, or was silent for too long.
    var ending: DialectOutcome.Ending? { get }

    /// True while the venue has taken what was asked for, as far as it says so.
    ///
    /// Also set without a message, when a refusal would have come by now.
    var isSubscribed: Bool { get }

    /// What was asked for and has not arrived on this connection, by the names that a user gives, sorted.
    ///
    /// Only what flows by itself while a market is open: a margin stream may be silent for weeks.
    var undelivered: [String] { get }

    /// Appends what a client says first on a fresh connection.
    mutating func open(now: UnixNanoseconds, outgoing: inout MessageBatch)

    /// Reads the received messages of `batch`, skipping sent ones.
    ///
    /// Appends what they say to `events`, with origins that count messages from the start of `batch`, and what must be
    /// answered to `outgoing`. Malformed messages become oddities in `events`, never errors.
    mutating func receive(
        _ batch: MessageBatch,
        now: UnixNanoseconds,
        events: inout MarketEvents,
        outgoing: inout MessageBatch
    ) -> DialectOutcome

    /// Appends what a client says before it closes a connection in an orderly way: that it wants no more.
    mutating func leave(now: UnixNanoseconds, outgoing: inout MessageBatch)

    /// Appends what the venue wants to hear from time to time; call it about once a second.
    mutating func keepAlive(now: UnixNanoseconds, outgoing: inout MessageBatch)

    /// Says that nobody listened to the connection until now: what it says does not count as missing.
    mutating func listeningResumed(now: UnixNanoseconds)
}

/// What a batch meant for the connection it came over.
package struct DialectOutcome: Sendable, Hashable {
    /// How many messages carried market data or events: not handshakes, acknowledgements and keep-alives.
    package var dataMessages = 0
    /// How many received messages hold something that the venue sends, keep-alives included.
    package var recognised = 0
    /// How many received messages hold nothing of that kind; the parts of a divided record count as neither.
    package var unrecognised = 0
    /// True from the batch on in which the venue acknowledged everything that was asked for.
    package var isSubscribed = false
    /// Set when the conversation is over: the venue refused or said goodbye.
    package var ending: Ending?
    /// What a person at the recorder should know, such as that the venue refused a part of what was asked for.
    package var notices: [String] = []
    /// True where the venue announced that it will close the connection soon, and goes on until then.
    package var isLeaving = false

    /// Why the conversation is over.
    package struct Ending: Sendable, Hashable {
        package enum Kind: Sendable, Hashable {
            /// The venue said goodbye in an orderly way.
            case goodbye
            /// The venue refused everything that was asked for, or to talk at all.
            case refused
            /// The venue did not answer in time.
            case unanswered
            /// Nothing came any more.
            case silence
            /// Anything else that makes the connection useless.
            case failure
        }

        package var reason: String
        package var kind: Kind
        /// False when the venue said goodbye and did not ask us back: there is no hurry.
        package var isReturnWelcome: Bool

        package var isFailure: Bool { kind != .goodbye }

        package init(reason: String, kind: Kind, isReturnWelcome: Bool = true) {
            self.reason = reason
            self.kind = kind
            self.isReturnWelcome = isReturnWelcome
        }
    }

    package init() {}
}

extension VenueDialect {
    package var ending: DialectOutcome.Ending? { nil }
    package var undelivered: [String] { [] }

    package var isSubscribed: Bool { false }

    package mutating func leave(now: UnixNanoseconds, outgoing: inout MessageBatch) {}
}

extension VenueDialect {
    /// Most venues are watched by the recorder alone.
    package mutating func listeningResumed(now: UnixNanoseconds) {}
}
