package import MarketModel

/// The client's side of one connection to a venue: what to send, and what the answers mean.
///
/// A new connection gets a new dialect. Calls take whole batches; nothing here does I/O or reads a clock.
package protocol VenueDialect: Sendable {
    /// The symbols that ``MarketEvents`` of this dialect refer to.
    var symbols: SymbolTable { get }

    /// Why the conversation is over, as soon as it is: the venue said so, or was silent for too long.
    var ending: DialectOutcome.Ending? { get }

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
        package var reason: String
        /// False when the venue said goodbye in an orderly way.
        package var isFailure: Bool
        /// False where the venue said goodbye without a word of coming back: there is no hurry to.
        package var isReturnWelcome: Bool

        package init(reason: String, isFailure: Bool, isReturnWelcome: Bool = true) {
            self.reason = reason
            self.isFailure = isFailure
            self.isReturnWelcome = isReturnWelcome
        }
    }

    package init() {}
}

extension VenueDialect {
    package var ending: DialectOutcome.Ending? { nil }

    package mutating func leave(now: UnixNanoseconds, outgoing: inout MessageBatch) {}
}

extension VenueDialect {
    /// Most venues are watched by the recorder alone.
    package mutating func listeningResumed(now: UnixNanoseconds) {}
}
