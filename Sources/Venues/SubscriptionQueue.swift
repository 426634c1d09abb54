package import MarketModel

/// The subscriptions of one connection: sends them at the venue's pace, and keeps the answers.
///
/// For venues that are asked with messages. A new connection starts with a new queue, so everything is asked again.
package struct SubscriptionQueue: Sendable {
    /// One message to the venue, and the names that it asks for.
    package struct Request: Sendable {
        package let names: [String]
        package let payload: [UInt8]

        package init(names: [String], payload: [UInt8]) {
            self.names = names
            self.payload = payload
        }
    }

    private var waiting: ArraySlice<Request>
    /// Asked for, and neither accepted nor refused.
    private var open: Set<String> = []
    private var undeliveredNames: Set<String>
    /// Messages that may be sent in any second.
    private let perSecond: Int
    /// The times of the last messages, the oldest first, at most ``perSecond``.
    private var sentAt: [UnixNanoseconds] = []
    private var refusals: [SubscriptionRefusal] = []

    /// Makes a queue that sends at most `perSecond` messages in any second.
    package init(_ requests: [Request], perSecond: Int) {
        waiting = requests[...]
        self.perSecond = max(1, perSecond)
        undeliveredNames = Set(requests.flatMap(\.names))
    }

    /// True once the venue has answered every request.
    package var isAnswered: Bool { waiting.isEmpty && open.isEmpty }

    /// The names that were neither refused nor delivered, sorted.
    package var undelivered: [String] { undeliveredNames.sorted() }

    /// The names that were sent and not answered, sorted.
    package var unanswered: [String] { open.sorted() }

    /// Sends what the pace allows now.
    ///
    /// Call it when the connection opens, and then about once a second.
    package mutating func send(now: UnixNanoseconds, outgoing: inout MessageBatch) {
        while let request = waiting.first, takeTurn(now) {
            waiting.removeFirst()
            open.formUnion(request.names)
            outgoing.append(request.payload, direction: .sent, tsRecv: now)
        }
    }

    /// Adds a request, such as one that subscribes again, behind those that wait.
    package mutating func add(_ request: Request) {
        waiting.append(request)
    }

    /// Notes a message outside the queue that counts against the venue's limit; returns false if it must wait.
    package mutating func takeTurn(_ now: UnixNanoseconds) -> Bool {
        if sentAt.count == perSecond {
            guard sentAt[0].advanced(by: .seconds(1)) <= now else { return false }
            sentAt.removeFirst()
        }
        sentAt.append(now)
        return true
    }

    /// Notes that the venue has accepted `name`.
    package mutating func accepted(_ name: String) { open.remove(name) }

    /// Notes that the venue has refused `name`.
    package mutating func refused(_ name: String, reason: String) {
        open.remove(name)
        guard undeliveredNames.remove(name) != nil else { return }
        refusals.append(SubscriptionRefusal(name: name, reason: reason))
    }

    /// Notes that data of `name` has arrived; that also shows that it was accepted.
    package mutating func delivered(_ name: String) {
        undeliveredNames.remove(name)
        open.remove(name)
    }

    /// True if data has arrived for everything that was not refused.
    package var isDelivered: Bool { undeliveredNames.isEmpty }

    /// Returns the refusals since the last call.
    package mutating func takeRefusals() -> [SubscriptionRefusal] {
        defer { refusals = [] }
        return refusals
    }
}
