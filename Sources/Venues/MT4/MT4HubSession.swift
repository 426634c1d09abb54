import JSONScanning
package import MarketModel
import SignalRProtocol

/// The MT4 hub as one client sees it, for replays and for the simulator.
///
/// It answers the calls of unmodified SignalR clients and picks from a tape what each subscribed to. Which MT4 server a
/// call names makes no difference.
package struct MT4HubSession: HubSession {
    /// Symbols one client may subscribe to; more are refused.
    package static let symbolsMax = 100_000
    /// Symbols that a session knows, of the tape or of calls, so that made-up ones cannot fill the memory.
    static let symbolsKnownMax = 4 * symbolsMax
    /// Streams one client may have open at once.
    package static let streamsMax = 1000

    package internal(set) var wanted = MT4Wanted()
    package internal(set) var hasSubscribed = false
    package var isSubscribed: Bool { !wanted.isEmpty }
    package var conversation: HubConversation

    /// Numbers for the symbols of subscriptions and of the tape.
    var symbols = SymbolTable()
    /// The subscriptions to symbols, by their numbers; in the order of those in ``wanted``.
    var subscriptions = MT4SymbolSubscriptions()
    /// By symbol number: true where the symbol may be delivered; `nil` where every one may.
    var isSymbolAllowed: [Bool]?
    /// The beginning of a taped record that the next taped message completes.
    var tapeCarry = HubRecordCarry()
    /// Reads the taped messages that are binary.
    var tapeReader = HubBinaryReader()
    /// What the tape's ids of streams stand for, as far as that is known.
    var tapeStreams: [MT4Recorded.Stream]

    /// What subscriptions are checked against; `nil` accepts all.
    private(set) var offer: VenueOffer?
    package internal(set) var report = SubscriptionReport()
    /// Items of streams that passed before the client opened one of their kind.
    var itemsPassed: [MT4ItemKind: Int64] = [:]

    package init(_ behavior: HubBehavior = HubBehavior()) {
        conversation = HubConversation(behavior)
        tapeStreams = behavior.recorded?.streams ?? []
    }

    package mutating func refuse(beyond offer: VenueOffer) { self.offer = offer }

    package var unanswered: [String] {
        guard !wanted.isAllTicks else { return [] }
        return subscriptions.unanswered.prefix(SubscriptionReport.namesMax).map {
            symbols.text(of: SymbolIndex(Int32($0)))
        }
    }

    package mutating func tapeMoved() {
        subscriptions.forgetPassed()
        itemsPassed = [:]
        report.forgetSkipped()
    }

    package mutating func endStreams(replies: inout MessageBatch) {
        for stream in wanted.streams {
            conversation.appendCompletion(of: stream.invocationID, .void, to: &replies)
        }
        wanted.streams = []
    }
}
