import JSONScanning
import MarketModel

/// The requests of one connection: makes them, matches the answers, and asks again for what a refusal took with it.
///
/// The venue refuses a whole request for one wrong topic, and then may leave out the request's ID.
struct BybitSubscriptions: Sendable {
    private var queue: SubscriptionQueue
    /// Requests without an answer, the oldest first.
    private var pending: [(id: String, names: [String])] = []
    private var requestCount = 0
    /// Every topic of the connection.
    private let asked: Set<String>
    private var refusedTopics: Set<String> = []
    /// The venue's words for the last refusal.
    private var lastReason = ""
    /// No limit for messages is published; this stays far below what is known to work.
    private static let messagesPerSecond = 10

    init(_ topics: [String], argumentsMax: Int) {
        asked = Set(topics)
        var requests: [SubscriptionQueue.Request] = []
        for start in stride(from: 0, to: topics.count, by: argumentsMax) {
            let names = Array(topics[start..<min(start + argumentsMax, topics.count)])
            requestCount += 1
            pending.append((String(requestCount), names))
            requests.append(Self.request("subscribe", names, id: String(requestCount)))
        }
        queue = SubscriptionQueue(requests, perSecond: Self.messagesPerSecond)
    }

    private static func request(_ operation: String, _ names: [String], id: String) -> SubscriptionQueue.Request {
        let text = #"{"req_id":"\#(id)","op":"\#(operation)","args":\#(JSONText.list(names))}"#
        // Nothing waits for the answer to an unsubscription.
        return SubscriptionQueue.Request(names: operation == "subscribe" ? names : [], payload: Array(text.utf8))
    }

    var isAnswered: Bool { queue.isAnswered }
    var isDelivered: Bool { queue.isDelivered }
    var undelivered: [String] { queue.undelivered.filter { BybitTopic($0).flows } }
    /// The reason if the venue has refused everything; otherwise `nil`.
    var refusalOfAll: String? { !asked.isEmpty && refusedTopics == asked ? lastReason : nil }

    mutating func send(now: UnixNanoseconds, outgoing: inout MessageBatch) { queue.send(now: now, outgoing: &outgoing) }
    mutating func takeTurn(_ now: UnixNanoseconds) -> Bool { queue.takeTurn(now) }
    mutating func delivered(_ topic: String) { queue.delivered(topic) }
    mutating func takeRefusals() -> [SubscriptionRefusal] { queue.takeRefusals() }

    /// Unsubscribes from `topic` and subscribes again, so that the venue sends a new snapshot.
    mutating func renew(_ topic: String) {
        requestCount += 1
        queue.add(Self.request("unsubscribe", [topic], id: "u\(requestCount)"))
        subscribe([topic])
    }

    private mutating func subscribe(_ names: [String]) {
        requestCount += 1
        pending.append((String(requestCount), names))
        queue.add(Self.request("subscribe", names, id: String(requestCount)))
    }

    // MARK: Answers

    /// Notes that the venue has accepted the request `id`; without an ID, the oldest one.
    mutating func accepted(_ id: String?) {
        guard let index = id.map({ id in pending.firstIndex { $0.id == id } }) ?? pending.indices.first else { return }
        for name in pending.remove(at: index).names { queue.accepted(name) }
    }

    /// Notes that the venue has accepted or refused single topics, as it answers for options.
    mutating func answered(accepted: [String], refused: [String]) {
        for name in accepted { queue.accepted(name) }
        for name in refused { refuse(name, "the venue lists it as failed") }
        pending.removeAll { $0.names.allSatisfy { accepted.contains($0) || refused.contains($0) } }
    }

    /// Notes that the venue has refused a request with the words `reason`.
    ///
    /// Topics that `reason` names are refused, or accepted if it says that they are subscribed already. The others of
    /// the request are asked for again; one by one if `reason` names none.
    mutating func refused(_ id: String?, reason: String) {
        let words = Set(reason.split { ":[], ".contains($0) }.map(String.init))
        guard let index = place(ofRefused: id, words) else { return }
        let names = pending.remove(at: index).names
        let named = names.filter(words.contains)
        if reason.contains("already subscribed") {
            for name in named { queue.accepted(name) }
        } else {
            for name in named { refuse(name, reason) }
        }
        let rest = names.filter { !words.contains($0) }
        if !named.isEmpty {
            if !rest.isEmpty { subscribe(rest) }
        } else if rest.count > 1 {
            for name in rest { subscribe([name]) }
        } else {
            for name in rest { refuse(name, reason) }
        }
    }

    private func place(ofRefused id: String?, _ words: Set<String>) -> Int? {
        if let id { return pending.firstIndex { $0.id == id } }
        if let index = pending.firstIndex(where: { !words.isDisjoint(with: $0.names) }) { return index }
        // Words about a topic that is answered already belong to no open request.
        return words.isDisjoint(with: asked) ? pending.indices.first : nil
    }

    private mutating func refuse(_ name: String, _ reason: String) {
        refusedTopics.insert(name)
        lastReason = reason
        queue.refused(name, reason: reason)
    }
}
