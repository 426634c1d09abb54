import JSONScanning
import MarketModel

/// Subscriptions that are requested with messages, `{"method":"SUBSCRIBE","params":[…],"id":1}`, and their answers.
struct BinanceSubscriptions: Sendable {
    /// Streams in one message, so that it stays below the 4 KiB that other clients keep.
    private static let streamsPerMessage = 50

    private var queue: SubscriptionQueue
    /// The streams of each request, by its id less 1.
    private let requests: [[String]]
    private(set) var refused: Set<String> = []

    init(_ streams: [String], perSecond: Int) {
        requests = stride(from: 0, to: streams.count, by: Self.streamsPerMessage).map { start in
            Array(streams[start..<min(start + Self.streamsPerMessage, streams.count)])
        }
        queue = SubscriptionQueue(
            requests.enumerated().map { index, names in
                let text = #"{"method":"SUBSCRIBE","params":\#(JSONText.list(names)),"id":\#(index + 1)}"#
                return SubscriptionQueue.Request(names: names, payload: Array(text.utf8))
            },
            perSecond: perSecond
        )
    }

    var isAnswered: Bool { queue.isAnswered }

    mutating func send(now: UnixNanoseconds, outgoing: inout MessageBatch) {
        queue.send(now: now, outgoing: &outgoing)
    }

    mutating func accepted(id: Int64?) {
        for name in names(id) { queue.accepted(name) }
    }

    /// Notes a refusal; the venue refuses all streams of a request together.
    mutating func refused(id: Int64?, reason: String) {
        for name in names(id) {
            queue.refused(name, reason: reason)
            refused.insert(name)
        }
    }

    mutating func takeRefusals() -> [SubscriptionRefusal] { queue.takeRefusals() }

    private func names(_ id: Int64?) -> [String] {
        guard let id, id >= 1, id <= Int64(requests.count) else { return [] }
        return requests[Int(id) - 1]
    }
}
