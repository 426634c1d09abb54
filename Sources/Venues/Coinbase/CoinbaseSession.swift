import JSONScanning
package import MarketModel

/// The venue's side of one connection to Coinbase Advanced Trade, for replay and simulation.
///
/// A client gets the messages of the channels and symbols that it subscribed to. Only `sequence_num` is changed: it
/// counts what this client gets, and leaves out a number where the tape does.
package struct CoinbaseSession: VenueSession {
    /// The most subscriptions of one connection; the venue states no limit.
    static let subscriptionsMax = 20_000
    /// The longest symbol, in bytes.
    static let symbolBytesMax = 64

    /// One channel of one symbol.
    struct Subscription: Sendable, Hashable {
        let symbol: SymbolIndex
        let channel: CoinbaseChannel
        /// The client's name for the symbol.
        let asked: String
        /// Differs for each subscription of the connection.
        let number: Int
    }

    /// The channels of a symbol, as bits of ``CoinbaseChannel/bit``, and how many messages passed it unsubscribed.
    private struct SymbolState: Sendable {
        var wanted: UInt8 = 0
        var answered: UInt8 = 0
        /// False if the client may not see the symbol.
        var isPermitted = true
        var passed: [Int64] = [0, 0, 0, 0]
    }

    private(set) var symbols = SymbolTable()
    private var states: [SymbolState] = []
    /// In the order of subscription.
    private(set) var subscriptions: [Subscription] = []
    private var subscriptionCount = 0
    private var permitted: Set<String>?
    private(set) var offer: VenueOffer?
    /// The tape's time of the last delivered message, for the times in answers.
    private(set) var lastTime = UnixNanoseconds(0)
    /// The number of the next message to the client.
    private var nextNumber: Int64 = 0
    /// The numbers of the tape.
    var tapeNumbers = CoinbaseNumbers()
    var hasHeartbeats = false
    package internal(set) var hasSubscribed = false
    package internal(set) var report = SubscriptionReport()

    package init() {}

    package var isSubscribed: Bool { !subscriptions.isEmpty }

    /// Heartbeats come once a second to clients that subscribed to them.
    package var keepAliveInterval: Duration? { .seconds(1) }

    /// The venue closes a connection that subscribes to nothing within 5 s.
    package var clientTimeout: Duration? { hasSubscribed || hasHeartbeats ? nil : .seconds(5) }

    package mutating func restrict(toSymbols symbols: Set<String>) { permitted = symbols }

    package mutating func refuse(beyond offer: VenueOffer) { self.offer = offer }

    package var unanswered: [String] {
        let silent = subscriptions.lazy.filter { states[Int($0.symbol.value)].answered & $0.channel.bit == 0 }
        return silent.prefix(SubscriptionReport.namesMax).map { $0.channel.subscriptionName($0.asked) }
    }

    package mutating func tapeMoved() {
        tapeNumbers = CoinbaseNumbers()
        for index in states.indices { states[index].passed = [0, 0, 0, 0] }
        report.forgetSkipped()
    }

    package mutating func keepAlive(replies: inout MessageBatch) {
        guard hasHeartbeats else { return }
        let counter = max(0, lastTime.rawValue / 1_000_000_000)
        let event = #"{"current_time":"\#(CoinbaseReply.clock(lastTime))","heartbeat_counter":\#(counter)}"#
        let text = CoinbaseReply.message("heartbeats", lastTime, takeNumber(), event)
        replies.append(text.utf8, direction: .sent, tsRecv: UnixNanoseconds(0))
    }

    package mutating func finish(replies: inout MessageBatch) {}

    /// The number of the next message.
    mutating func takeNumber() -> Int64 {
        defer { nextNumber += 1 }
        return nextNumber
    }

    /// Leaves out a number, because the tape lacks messages.
    mutating func skipNumber() { nextNumber += 1 }

    mutating func noteTime(_ time: UnixNanoseconds) { lastTime = time }

    // MARK: Subscriptions

    /// The number of `symbol`, with its state.
    mutating func index(of symbol: String) -> SymbolIndex {
        let name = CoinbaseSymbol.answered(symbol)
        let index = symbols.intern(name)
        if states.count <= Int(index.value) {
            var state = SymbolState()
            if let permitted { state.isPermitted = permitted.contains(name) }
            states.append(state)
        }
        return index
    }

    /// Adds a subscription; a repeated one changes nothing.
    mutating func subscribe(_ asked: String, _ channel: CoinbaseChannel) {
        let symbol = index(of: asked)
        let state = Int(symbol.value)
        guard states[state].wanted & channel.bit == 0 else { return }
        report.noteSkipped(channel.subscriptionName(asked), messages: states[state].passed[Int(channel.rawValue)])
        states[state].wanted |= channel.bit
        subscriptionCount += 1
        subscriptions.append(
            Subscription(symbol: symbol, channel: channel, asked: asked, number: subscriptionCount)
        )
        hasSubscribed = true
        report.count = subscriptions.count
    }

    mutating func unsubscribe(_ asked: String, _ channel: CoinbaseChannel) {
        let symbol = index(of: asked)
        subscriptions.removeAll { $0.symbol == symbol && $0.channel == channel }
        states[Int(symbol.value)].wanted &= ~channel.bit
        // If the client subscribes again, the messages in between do not count as skipped.
        states[Int(symbol.value)].passed[Int(channel.rawValue)] = .min / 2
        report.count = subscriptions.count
    }

    /// True if the client gets `channel` of `symbol`; counts the message.
    mutating func takes(_ symbol: JSONValue?, _ channel: CoinbaseChannel) -> Bool {
        guard let text = symbol?.text, text.utf8.count <= Self.symbolBytesMax else { return false }
        let state = Int(index(of: text).value)
        guard states[state].isPermitted else { return false }
        if states[state].wanted & channel.bit != 0 {
            states[state].answered |= channel.bit
            return true
        }
        states[state].passed[Int(channel.rawValue)] += 1
        return false
    }
}
