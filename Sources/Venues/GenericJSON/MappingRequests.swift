import MarketModel

/// The subscriptions of one connection: what is sent, at the mapping's pace, and what the venue answered.
struct MappingRequests: Sendable {
    private struct Request: Sendable {
        let symbols: [String]
        var isOpen = true
    }

    /// Requests for one symbol, or all requests: the oldest without an answer is found without a search.
    private struct Line: Sendable {
        var numbers: [Int] = []
        /// Requests before this place have an answer.
        var start = 0
    }

    private let mapping: FeedMapping
    private let symbols: [String]
    /// The symbols as the venue writes them, by those in the rows.
    private let written: [String: String]
    private var queue: SubscriptionQueue
    private var requests: [Request] = []
    private var openCount: Int
    private var refusedCount = 0
    private var all = Line()
    /// By the letters of a symbol.
    private var bySymbol: [String: Line] = [:]
    private(set) var hasAnswer = false
    private var nextID = 1

    init(_ mapping: FeedMapping, symbols: [String]) {
        self.mapping = mapping
        self.symbols = symbols
        written = Dictionary(symbols.map { (mapping.stored($0), $0) }, uniquingKeysWith: { first, _ in first })
        var payloads: [SubscriptionQueue.Request] = []
        for template in mapping.subscribe {
            for symbol in template.needsSymbol ? symbols : [""] {
                let payload = template.message(symbol: symbol, symbols: symbols, id: nextID)
                payloads.append(SubscriptionQueue.Request(names: [], payload: payload))
                requests.append(Request(symbols: template.needsSymbol ? [symbol] : symbols))
                nextID += 1
            }
        }
        openCount = requests.count
        queue = SubscriptionQueue(payloads, perSecond: mapping.pace)
        for (number, request) in requests.enumerated() {
            all.numbers.append(number)
            for letters in Set(request.symbols.map(Self.letters)) {
                bySymbol[letters, default: Line()].numbers.append(number)
            }
        }
    }

    /// True if every request has an answer, or if the mapping has no acknowledgements; false if all were refused.
    var isAccepted: Bool { !isRefused && (!mapping.hasAcknowledgements || openCount == 0) }

    /// True if the venue refused every request.
    var isRefused: Bool { !requests.isEmpty && refusedCount >= requests.count }

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
        _ = takeOldest(symbol)
    }

    /// Notes a refusal, and returns the symbols of the refused request.
    mutating func refuse(_ symbol: String?) -> [String] {
        hasAnswer = true
        guard let request = takeOldest(symbol) else { return [] }
        refusedCount += 1
        return request.symbols
    }

    /// Ends the oldest open request for `symbol`, or the oldest of all.
    private mutating func takeOldest(_ symbol: String?) -> Request? {
        guard let symbol else {
            var line = all
            defer { all = line }
            return takeOldest(of: &line)
        }
        let letters = Self.letters(symbol)
        guard var line = bySymbol.removeValue(forKey: letters) else { return nil }
        defer { bySymbol[letters] = line }
        return takeOldest(of: &line)
    }

    private mutating func takeOldest(of line: inout Line) -> Request? {
        while line.start < line.numbers.count {
            let number = line.numbers[line.start]
            line.start += 1
            guard requests[number].isOpen else { continue }
            requests[number].isOpen = false
            openCount -= 1
            return requests[number]
        }
        return nil
    }

    /// The letters and digits of a symbol: venues often answer in another spelling, such as `BTC-USD` for `btcusd`.
    static func letters(_ symbol: String) -> String {
        symbol.lowercased().filter { $0.isLetter || $0.isNumber }
    }

    /// Asks for a new snapshot of the books of a symbol, given as it is in the rows.
    mutating func repair(_ stored: String) {
        let symbol = written[stored] ?? stored
        for template in mapping.repair {
            let payload = template.message(symbol: symbol, symbols: [symbol], id: nextID)
            nextID += 1
            queue.add(SubscriptionQueue.Request(names: [], payload: payload))
        }
    }
}
