import MarketModel

/// The subscriptions of one connection: what is sent, at the mapping's pace, and what the venue answered.
struct MappingRequests: Sendable {
    private struct Request: Sendable {
        let id: String
        let symbols: [String]
    }

    private let mapping: FeedMapping
    private let symbols: [String]
    private var queue: SubscriptionQueue
    /// The requests without an answer, the oldest first.
    private var open: [Request] = []
    private let count: Int
    private var refusedCount = 0
    private(set) var hasAnswer = false
    private var nextID = 1

    init(_ mapping: FeedMapping, symbols: [String]) {
        self.mapping = mapping
        self.symbols = symbols
        var payloads: [SubscriptionQueue.Request] = []
        for template in mapping.subscribe {
            for symbol in template.needsSymbol ? symbols : [""] {
                let payload = template.message(symbol: symbol, symbols: symbols, id: nextID)
                let id = String(nextID)
                payloads.append(SubscriptionQueue.Request(names: [id], payload: payload))
                open.append(Request(id: id, symbols: template.needsSymbol ? [symbol] : symbols))
                nextID += 1
            }
        }
        count = open.count
        queue = SubscriptionQueue(payloads, perSecond: mapping.pace)
    }

    /// True if every request has an answer, or if the mapping has no acknowledgements; false if all were refused.
    var isAccepted: Bool { !isRefused && (!mapping.hasAcknowledgements || open.isEmpty) }

    /// True if the venue refused every request.
    var isRefused: Bool { count > 0 && refusedCount >= count }

    mutating func send(now: UnixNanoseconds, outgoing: inout MessageBatch) {
        queue.send(now: now, outgoing: &outgoing)
    }

    /// Sends a message that counts against the pace; returns false if it must wait.
    mutating func ping(_ template: MappingTemplate, now: UnixNanoseconds, outgoing: inout MessageBatch) -> Bool {
        guard queue.takeTurn(now) else { return false }
        let payload = template.message(symbol: "", symbols: symbols, id: nextID)
        nextID += 1
        outgoing.append(payload, direction: .sent, tsRecv: now)
        return true
    }

    /// Notes an acknowledgement: of the oldest request for `symbol`, or of the oldest request if it is `nil`.
    mutating func accept(_ symbol: String?) {
        hasAnswer = true
        guard let index = index(of: symbol) else { return }
        open.remove(at: index)
    }

    /// Notes a refusal, and returns the symbols of the refused request.
    mutating func refuse(_ symbol: String?) -> [String] {
        hasAnswer = true
        guard let index = index(of: symbol) else { return [] }
        refusedCount += 1
        return open.remove(at: index).symbols
    }

    private func index(of symbol: String?) -> Int? {
        guard let symbol else { return open.indices.first }
        let letters = Self.letters(symbol)
        return open.firstIndex { $0.symbols.contains { Self.letters($0) == letters } }
    }

    /// The letters and digits of a symbol: venues often answer in another spelling, such as `BTC-USD` for `btcusd`.
    static func letters(_ symbol: String) -> String {
        symbol.lowercased().filter { $0.isLetter || $0.isNumber }
    }

    /// Asks for a new snapshot of the books of a symbol, given as it is in the rows.
    mutating func repair(_ stored: String) {
        let symbol = symbols.first { mapping.stored($0) == stored } ?? stored
        for template in mapping.repair {
            let payload = template.message(symbol: symbol, symbols: [symbol], id: nextID)
            nextID += 1
            queue.add(SubscriptionQueue.Request(names: [], payload: payload))
        }
    }
}
