import JSONScanning
import MarketModel

/// The subscriptions of one connection: makes the requests, matches the answers, and asks again where that may help.
///
/// The answer lists what the venue has accepted; a wrong channel is missing from it. An error refuses a whole request,
/// which is then divided to find the channels that it is about.
struct DeribitSubscriptions: Sendable {
    /// Channels in one request; up to 500 are reported to work, and smaller requests are divided in fewer steps.
    static let channelsPerRequest = 100
    /// Subscribing costs 3,000 of the 10,000 credits of a second.
    private static let requestsPerSecond = 3
    /// The error of a client that asks too often.
    private static let tooManyRequests: Int64 = 10028
    private static let pause = Duration.seconds(5)

    private var queue: SubscriptionQueue
    private let scope: String
    /// Names by the number of the request that has no answer yet.
    private var pending: [Int64: [String]] = [:]
    private var nextID = DeribitCall.firstSubscriptionID
    private let asked: Set<String>
    private var refused: Set<String> = []
    private var lastReason = ""
    /// Nothing is sent before this moment.
    private var pausedUntil: UnixNanoseconds?

    /// Makes the requests for `channels`; `isPrivate` for a connection that has logged in.
    init(_ channels: [String], isPrivate: Bool) {
        asked = Set(channels)
        scope = isPrivate ? "private" : "public"
        queue = SubscriptionQueue([], perSecond: Self.requestsPerSecond)
        var requests: [SubscriptionQueue.Request] = []
        for start in stride(from: 0, to: channels.count, by: Self.channelsPerRequest) {
            requests.append(request(Array(channels[start..<min(start + Self.channelsPerRequest, channels.count)])))
        }
        queue = SubscriptionQueue(requests, perSecond: Self.requestsPerSecond)
    }

    private mutating func request(_ names: [String]) -> SubscriptionQueue.Request {
        defer { nextID += 1 }
        pending[nextID] = names
        let text = DeribitCall.text("\(scope)/subscribe", Self.parameters(names), id: nextID)
        return SubscriptionQueue.Request(names: names, payload: Array(text.utf8))
    }

    private static func parameters(_ names: [String]) -> String { #"{"channels":\#(JSONText.list(names))}"# }

    var isAnswered: Bool { queue.isAnswered }
    var undelivered: [String] { queue.undelivered.filter { DeribitChannel($0).flows } }
    /// The reason if the venue has refused everything; otherwise `nil`.
    var refusalOfAll: String? { !asked.isEmpty && refused == asked ? lastReason : nil }

    mutating func delivered(_ name: String) { queue.delivered(name) }
    mutating func takeRefusals() -> [SubscriptionRefusal] { queue.takeRefusals() }

    mutating func send(now: UnixNanoseconds, outgoing: inout MessageBatch) {
        if let pausedUntil, now < pausedUntil { return }
        pausedUntil = nil
        queue.send(now: now, outgoing: &outgoing)
    }

    /// Unsubscribes from a channel and subscribes again, so that the venue sends a new snapshot.
    mutating func renew(_ name: String) {
        let text = DeribitCall.text("\(scope)/unsubscribe", Self.parameters([name]), id: nextID)
        nextID += 1
        queue.add(SubscriptionQueue.Request(names: [], payload: Array(text.utf8)))
        queue.add(request([name]))
    }

    // MARK: Answers

    /// Notes the answer to request `id`, which lists what was accepted.
    mutating func answered(_ id: Int64, accepted: Set<String>) {
        guard let names = pending.removeValue(forKey: id) else { return }
        for name in names {
            if accepted.contains(name) {
                queue.accepted(name)
            } else {
                refuse(name, "Deribit left it out of its answer, as it does with channels that it does not have")
            }
        }
    }

    /// Notes that the venue has answered request `id` with an error.
    mutating func failed(_ id: Int64, code: Int64?, reason: String, now: UnixNanoseconds) {
        guard let names = pending.removeValue(forKey: id) else { return }
        if code == Self.tooManyRequests {
            pausedUntil = now.advanced(by: Self.pause)
            queue.add(request(names))
        } else if names.count > 1 {
            let half = names.count / 2
            queue.add(request(Array(names[..<half])))
            queue.add(request(Array(names[half...])))
        } else {
            for name in names { refuse(name, reason) }
        }
    }

    private mutating func refuse(_ name: String, _ reason: String) {
        refused.insert(name)
        lastReason = reason
        queue.refused(name, reason: reason)
    }
}
