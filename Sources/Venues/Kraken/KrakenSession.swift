import JSONScanning
package import MarketModel

/// The venue's side of one connection to Kraken's WebSocket API v2, for replay and simulation.
///
/// A client gets the messages of the channels and symbols that it subscribed to, byte for byte.
package struct KrakenSession: VenueSession {
    /// The most subscriptions of one connection; the venue states no limit.
    static let subscriptionsMax = 20_000
    /// The longest symbol, in bytes.
    static let symbolBytesMax = 64

    /// One channel of one symbol.
    struct Subscription: Sendable, Hashable {
        let symbol: SymbolIndex
        let channel: KrakenChannel
        /// The levels of a side, for books.
        let depth: Int
        let hasSnapshot: Bool
        /// Differs for each subscription of the connection.
        let number: Int
    }

    /// The channels of a symbol, as bits of ``KrakenChannel/bit``, and how many messages passed it unsubscribed.
    private struct SymbolState: Sendable {
        var wanted: UInt8 = 0
        var answered: UInt8 = 0
        /// False if the client may not see the symbol.
        var isPermitted = true
        var passed: [Int64] = [0, 0, 0, 0]
    }

    var symbols = SymbolTable()
    private var states: [SymbolState] = []
    /// In the order of subscription.
    private(set) var subscriptions: [Subscription] = []
    private var subscriptionCount = 0
    var permitted: Set<String>?
    var offer: VenueOffer?
    /// The tape's time of the last delivered message, for the times in answers.
    private(set) var lastTime = UnixNanoseconds(0)
    var hasGreeted = false
    package internal(set) var hasSubscribed = false
    package internal(set) var report = SubscriptionReport()

    package init() {}

    package var isSubscribed: Bool { !subscriptions.isEmpty }

    /// The venue sends a heartbeat about once a second if it sends nothing else.
    package var keepAliveInterval: Duration? { .seconds(1) }

    package mutating func restrict(toSymbols symbols: Set<String>) { permitted = symbols }

    package mutating func refuse(beyond offer: VenueOffer) { self.offer = offer }

    package var unanswered: [String] {
        let silent = subscriptions.lazy.filter { states[Int($0.symbol.value)].answered & $0.channel.bit == 0 }
        return silent.prefix(SubscriptionReport.namesMax).map {
            $0.channel.subscriptionName(symbols.text(of: $0.symbol))
        }
    }

    package mutating func tapeMoved() {
        for index in states.indices { states[index].passed = [0, 0, 0, 0] }
        report.forgetSkipped()
    }

    package mutating func keepAlive(replies: inout MessageBatch) {
        guard hasSubscribed else { return }
        replies.append(#"{"channel":"heartbeat"}"#.utf8, direction: .sent, tsRecv: UnixNanoseconds(0))
    }

    package mutating func finish(replies: inout MessageBatch) {}

    // MARK: Subscriptions

    /// The number of `symbol`, with its state.
    mutating func index(of symbol: UnsafeRawBufferPointer) -> SymbolIndex {
        let index = symbols.intern(symbol)
        if states.count <= Int(index.value) {
            var state = SymbolState()
            if let permitted { state.isPermitted = permitted.contains(symbols.text(of: index)) }
            states.append(state)
        }
        return index
    }

    func isSubscribed(_ symbol: SymbolIndex, _ channel: KrakenChannel) -> Bool {
        states[Int(symbol.value)].wanted & channel.bit != 0
    }

    mutating func subscribe(_ symbol: SymbolIndex, _ channel: KrakenChannel, depth: Int, hasSnapshot: Bool) {
        let state = Int(symbol.value)
        let name = channel.subscriptionName(symbols.text(of: symbol))
        report.noteSkipped(name, messages: states[state].passed[Int(channel.rawValue)])
        states[state].wanted |= channel.bit
        subscriptionCount += 1
        subscriptions.append(
            Subscription(
                symbol: symbol,
                channel: channel,
                depth: depth,
                hasSnapshot: hasSnapshot,
                number: subscriptionCount
            )
        )
        hasSubscribed = true
        report.count = subscriptions.count
    }

    /// Ends a subscription, and returns it; `nil` if the client has no such one.
    mutating func unsubscribe(_ symbol: SymbolIndex, _ channel: KrakenChannel) -> Subscription? {
        guard let place = subscriptions.firstIndex(where: { $0.symbol == symbol && $0.channel == channel }) else {
            return nil
        }
        states[Int(symbol.value)].wanted &= ~channel.bit
        // If the client subscribes again, the messages in between do not count as skipped.
        states[Int(symbol.value)].passed[Int(channel.rawValue)] = .min / 2
        defer { report.count = subscriptions.count }
        return subscriptions.remove(at: place)
    }

    // MARK: Delivery

    package mutating func deliver(_ tape: MessageBatch, _ range: Range<Int>, into output: inout MessageBatch) {
        tape.bytes.withUnsafeBytes { bytes in
            for index in range where tape.entries[index].direction == .received && tape.entries[index].kind != .rest {
                let entry = tape.entries[index]
                let payload = UnsafeRawBufferPointer(rebasing: bytes[entry.range])
                JSONText.withPlain(payload) { deliver(payload, plain: $0, entry, &output) }
            }
        }
    }

    private mutating func deliver(
        _ payload: UnsafeRawBufferPointer,
        plain: UnsafeRawBufferPointer,
        _ entry: MessageBatch.Entry,
        _ output: inout MessageBatch
    ) {
        guard let envelope = try? KrakenEnvelope(JSONCursor(plain)) else {
            // Text that is not JSON names no channel.
            return append(payload, entry, &output)
        }
        guard let name = envelope.channel, name.kind == .string, let channel = KrakenChannel(name: name.bytes),
            let data = envelope.data
        else { return }
        var (wanted, all): ([UnsafeRawBufferPointer], Int) = ([], 0)
        try? data.forEachElement { _, item throws(JSONError) in
            all += 1
            if try isWanted(item, channel) { wanted.append(item.bytes) }
        }
        guard !wanted.isEmpty else { return }
        if wanted.count == all { return append(payload, entry, &output) }
        let type = envelope.type.map { String(decoding: $0.bytes, as: UTF8.self) } ?? "update"
        var part = Array(#"{"channel":"\#(channel.name)","type":"\#(type)","data":["#.utf8)
        for (index, item) in wanted.enumerated() {
            if index > 0 { part.append(UInt8(ascii: ",")) }
            part.append(contentsOf: item)
        }
        part.append(contentsOf: "]}".utf8)
        part.withUnsafeBytes { append($0, entry, &output) }
    }

    private mutating func isWanted(_ item: JSONValue, _ channel: KrakenChannel) throws(JSONError) -> Bool {
        var symbol: JSONValue?
        try item.forEachMember { key, value in
            if key.equals("symbol") { symbol = value }
        }
        guard let symbol, symbol.kind == .string else { return false }
        let state = Int(index(of: symbol.bytes).value)
        guard states[state].isPermitted else { return false }
        if states[state].wanted & channel.bit != 0 {
            states[state].answered |= channel.bit
            return true
        }
        states[state].passed[Int(channel.rawValue)] += 1
        return false
    }

    private mutating func append(
        _ payload: UnsafeRawBufferPointer,
        _ entry: MessageBatch.Entry,
        _ output: inout MessageBatch
    ) {
        lastTime = entry.tsRecv
        output.append(payload, kind: entry.kind, direction: .sent, tsRecv: entry.tsRecv)
    }
}
