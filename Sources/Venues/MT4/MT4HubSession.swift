import JSONScanning
package import MarketModel
import SignalRProtocol

/// The MT4 hub from one client's point of view, for replays and for the simulator.
///
/// It answers the calls of unmodified SignalR clients and selects from a tape what each client subscribed to. The MT4
/// server named in a call makes no difference.
package struct MT4HubSession: HubSession {
    /// The maximum number of symbols a client may subscribe to; more are refused.
    package static let symbolsMax = 100_000
    /// The maximum number of symbols a session knows, from the tape or from calls.
    ///
    /// It bounds the memory for invented names.
    static let symbolsKnownMax = 4 * symbolsMax
    /// The maximum number of open streams per client.
    package static let streamsMax = 1000

    package internal(set) var wanted = MT4Wanted()
    package internal(set) var hasSubscribed = false
    package var isSubscribed: Bool { !wanted.isEmpty }
    package var conversation: HubConversation

    /// Numbers for the symbols of subscriptions and of the tape.
    var symbols = SymbolTable()
    /// The subscribed symbols by number, in the order of those in ``wanted``.
    var subscriptions = MT4SymbolSubscriptions()
    /// By symbol number: true if the symbol may be delivered; `nil` if all may.
    var isSymbolAllowed: [Bool]?
    /// The first part of a taped record that the next taped message completes.
    var tapeCarry = HubRecordCarry()
    /// Reads the binary messages of the tape.
    var tapeReader = HubBinaryReader()
    /// The known kinds of the tape's stream IDs.
    var tapeStreams: [MT4Recorded.Stream]

    /// The offer that subscriptions are checked against; `nil` accepts all.
    private(set) var offer: VenueOffer?
    package internal(set) var report = SubscriptionReport()
    /// Stream items that passed before the client opened a stream of their kind.
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
