import JSONScanning
import MarketModel

/// Hyperliquid from one client's point of view, for replay and simulation.
///
/// A client gets the recorded bytes of what it subscribed to. Acknowledgements and answers to pings are its own.
struct HyperliquidSession: VenueSession {
    /// Subscriptions of an address.
    static let subscriptionsMax = 1000
    /// Messages of a client in a minute of the tape.
    static let messagesPerMinuteMax = 2000
    private static let firstSubscription = Duration.seconds(60)

    /// One subscription of the client.
    struct Subscription {
        let subscription: HyperliquidSubscription
        /// Differs between all subscriptions of the client, also if one repeats another that it had ended.
        let serial: Int
        /// Messages that were delivered.
        var messages: Int64 = 0
    }

    /// What the tape has, by channel and coin.
    private struct Stream {
        /// `nil` if the client may not see it.
        let name: String?
        var place: Int?
        /// Messages that the client was not subscribed to.
        var passed: Int64 = 0
    }

    private(set) var hasSubscribed = false
    /// In the order of subscription.
    private(set) var subscriptions: [Subscription] = []
    private var places: [String: Int] = [:]
    private var serial = 0
    private(set) var report = SubscriptionReport()
    /// The symbols that the client may see; `nil` if it may see all.
    private var permitted: Set<String>?
    /// What the tape has; `nil` in a simulation.
    private(set) var offer: VenueOffer?
    /// The coins on the tape, for each channel; of candles, the intervals and coins.
    private var coins = [SymbolTable](repeating: SymbolTable(), count: HyperliquidChannel.allCases.count)
    private var streams = [[Stream]](repeating: [], count: HyperliquidChannel.allCases.count)
    /// Names that the client gave up: it did not miss what passed since.
    private var dropped: Set<String> = []
    /// The latest time of the tape.
    private var tapeTime = UnixNanoseconds(0)
    /// The minute of the tape in which ``messages`` were counted.
    private var minuteStart = UnixNanoseconds(0)
    private var messages = 0

    let keepAliveInterval: Duration? = nil
    var isSubscribed: Bool { !subscriptions.isEmpty }

    /// The venue closes a connection to which it has sent nothing.
    var clientTimeout: Duration? { isSubscribed ? nil : Self.firstSubscription }

    mutating func restrict(toSymbols symbols: Set<String>) { permitted = symbols }
    mutating func refuse(beyond offer: VenueOffer) { self.offer = offer }

    var unanswered: [String] {
        let silent = subscriptions.lazy.filter { $0.messages == 0 }
        return Array(silent.map(\.subscription.name).prefix(SubscriptionReport.namesMax))
    }

    mutating func tapeMoved() {
        for channel in streams.indices {
            for index in streams[channel].indices { streams[channel][index].passed = 0 }
        }
        dropped = []
        report.forgetSkipped()
    }

    // MARK: Subscriptions

    func isSubscribed(to name: String) -> Bool { places[name] != nil }

    mutating func subscribe(_ subscription: HyperliquidSubscription) {
        serial += 1
        hasSubscribed = true
        let name = subscription.name
        let passed = streams.joined().lazy.filter { $0.name == name }.map(\.passed).reduce(0, +)
        if !dropped.contains(name) { report.noteSkipped(name, messages: passed) }
        subscriptions.append(Subscription(subscription: subscription, serial: serial))
        updatePlaces()
    }

    mutating func unsubscribe(_ name: String) {
        dropped.insert(name)
        subscriptions.removeAll { $0.subscription.name == name }
        updatePlaces()
    }

    private mutating func updatePlaces() {
        places = [:]
        for (index, subscription) in subscriptions.enumerated() { places[subscription.subscription.name] = index }
        for channel in streams.indices {
            for index in streams[channel].indices {
                streams[channel][index].place = streams[channel][index].name.flatMap { places[$0] }
            }
        }
        report.count = subscriptions.count
    }

    /// The reason why the tape cannot serve a subscription; `nil` if it can.
    mutating func refusalBeyondOffer(of name: String) -> String? {
        guard let reason = offer?.refusal(ofStreams: [name]) else { return nil }
        report.noteRefused([name])
        return reason
    }

    /// Notes a message of the client; returns false if there were too many in a minute of the tape.
    mutating func takeTurn() -> Bool {
        if minuteStart.advanced(by: .seconds(60)) <= tapeTime {
            minuteStart = tapeTime
            messages = 0
        }
        messages += 1
        return messages <= Self.messagesPerMinuteMax
    }

    // MARK: Delivery

    mutating func deliver(_ tape: MessageBatch, _ range: Range<Int>, into output: inout MessageBatch) {
        tape.bytes.withUnsafeBytes { bytes in
            for index in range {
                let entry = tape.entries[index]
                guard entry.direction == .received, entry.kind != .rest else { continue }
                if tapeTime < entry.tsRecv { tapeTime = entry.tsRecv }
                let payload = UnsafeRawBufferPointer(rebasing: bytes[entry.range])
                guard JSONText.withPlain(payload, { isWanted($0) }) else { continue }
                output.append(payload, kind: entry.kind, direction: .sent, tsRecv: entry.tsRecv)
            }
        }
    }

    private mutating func isWanted(_ payload: UnsafeRawBufferPointer) -> Bool {
        let envelope = HyperliquidEnvelope(JSONCursor(payload))
        guard envelope.failure == nil, let channel = envelope.channel, channel.type != nil,
            let index = coin(envelope, channel)
        else { return false }
        let slot = channel.rawValue
        if index == streams[slot].count { streams[slot].append(stream(envelope)) }
        guard let place = streams[slot][index].place else {
            streams[slot][index].passed += 1
            return false
        }
        subscriptions[place].messages += 1
        return true
    }

    /// The number of the message's coin among those of its channel; `nil` if it names none.
    private mutating func coin(_ envelope: HyperliquidEnvelope, _ channel: HyperliquidChannel) -> Int? {
        if channel == .mids || channel == .candles {
            return envelope.subscription.map { Int(coins[channel.rawValue].intern($0.name).value) }
        }
        guard let coin = envelope.subject.coin, coin.kind == .string, !coin.bytes.isEmpty else { return nil }
        return Int(coins[channel.rawValue].intern(coin.bytes).value)
    }

    private func stream(_ envelope: HyperliquidEnvelope) -> Stream {
        guard let subscription = envelope.subscription, isPermitted(subscription) else { return Stream(name: nil) }
        return Stream(name: subscription.name, place: places[subscription.name])
    }

    private func isPermitted(_ subscription: HyperliquidSubscription) -> Bool {
        guard let permitted else { return true }
        // A message about all coins is not divided.
        return subscription.coin.map(permitted.contains) ?? false
    }

    mutating func keepAlive(replies: inout MessageBatch) {}
    mutating func finish(replies: inout MessageBatch) {}

    func reply(_ text: String, to replies: inout MessageBatch) {
        replies.append(text.utf8, direction: .sent, tsRecv: UnixNanoseconds(0))
    }
}
