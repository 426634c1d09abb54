import MarketModel

/// The HTTP requests of one connection that wait for their turn, in order.
struct RESTQueue: Sendable {
    /// More requests are dropped: a dialect asks again for what it still needs.
    static let countMax = 4096
    /// The wait after a failed request, doubled with each further failure in a row.
    private static let firstDelay = Duration.seconds(1)
    private static let delayMax = Duration.seconds(60)

    private var waiting: [RESTExchange] = []
    private var failures = 0
    /// On the monotonic clock.
    private var notBefore = Duration.zero

    var isEmpty: Bool { waiting.isEmpty }

    /// Adds a request; one that waits already is not added again.
    mutating func add(_ exchange: RESTExchange) {
        guard waiting.count < Self.countMax, !waiting.contains(exchange) else { return }
        waiting.append(exchange)
    }

    /// Moves the requests out of what a dialect sends; the other messages stay.
    mutating func take(from outgoing: inout MessageBatch) {
        var rest = MessageBatch()
        for index in outgoing.entries.indices {
            if outgoing.entries[index].kind != .rest {
                rest.append(messageAt: index, of: outgoing)
            } else if let exchange = outgoing.withPayload(at: index, { RESTExchange.read($0)?.exchange }) {
                add(exchange)
            }
        }
        outgoing = rest
    }

    /// Returns the next request; `nil` if there is none or if it must wait.
    func next(at time: Duration) -> RESTExchange? { time < notBefore ? nil : waiting.first }

    /// Removes the request that ``next(at:)`` returned.
    mutating func started() { waiting.removeFirst() }

    /// Notes an answer that needs no repetition.
    mutating func succeeded() { failures = 0 }

    /// Puts a request that failed back to the front; the next attempt comes later and later.
    mutating func failed(_ exchange: RESTExchange, at time: Duration) {
        failures += 1
        var delay = Self.firstDelay
        for _ in 1..<min(failures, 8) { delay *= 2 }
        notBefore = time + min(delay, Self.delayMax)
        if !waiting.contains(exchange) { waiting.insert(exchange, at: 0) }
    }
}
