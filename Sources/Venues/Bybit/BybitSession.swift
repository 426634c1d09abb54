import JSONScanning
package import MarketModel

/// Bybit's side of one connection, for replay and simulation.
///
/// A client gets the messages of the topics that it subscribed to, byte for byte. Clients ping, the venue does not.
package struct BybitSession: VenueSession {
    let product: BybitProduct
    let isPrivate: Bool
    /// The API key that the client must log in with; `nil` to let every key in.
    let keys: AccountKeys?
    var isLoggedIn = false
    var topics = BybitTopicSet()
    package internal(set) var hasSubscribed = false
    /// The symbols that the client may see; `nil` if it may see all.
    private var permitted: Set<String>?
    /// What the tape has; `nil` in a simulation, which has every symbol.
    private(set) var offer: VenueOffer?
    package internal(set) var report = SubscriptionReport()
    /// The tape's time, for the answers to pings of the private endpoint.
    private(set) var time = UnixNanoseconds(0)

    package let keepAliveInterval: Duration? = nil

    package init(_ product: BybitProduct, isPrivate: Bool = false, keys: AccountKeys? = nil) {
        self.keys = keys
        self.product = product
        self.isPrivate = isPrivate
    }

    package var isSubscribed: Bool { topics.subscribedCount > 0 }

    /// The venue cuts a connection after 10 min without pings and data.
    package var clientTimeout: Duration? { isSubscribed ? nil : .seconds(600) }

    package mutating func restrict(toSymbols symbols: Set<String>) { permitted = symbols }
    package mutating func refuse(beyond offer: VenueOffer) { self.offer = offer }

    package var unanswered: [String] { topics.unanswered }

    package mutating func tapeMoved() {
        topics.forgetPassed()
        report.forgetSkipped()
    }

    package mutating func keepAlive(replies: inout MessageBatch) {}
    package mutating func finish(replies: inout MessageBatch) {}

    // MARK: Delivery

    package mutating func deliver(_ tape: MessageBatch, _ range: Range<Int>, into output: inout MessageBatch) {
        tape.bytes.withUnsafeBytes { bytes in
            for index in range {
                let entry = tape.entries[index]
                guard entry.direction == .received, entry.kind != .rest else { continue }
                let payload = UnsafeRawBufferPointer(rebasing: bytes[entry.range])
                guard JSONText.withPlain(payload, { isWanted($0) }) else { continue }
                time = entry.tsRecv
                output.append(payload, kind: entry.kind, direction: .sent, tsRecv: entry.tsRecv)
            }
        }
    }

    /// True if the client gets the message: one of its topics, or one without a topic that is no answer to a request.
    private mutating func isWanted(_ payload: UnsafeRawBufferPointer) -> Bool {
        do throws(JSONError) {
            var cursor = JSONCursor(payload)
            try cursor.enterObject()
            while let key = try cursor.nextKey() {
                if key.equals("topic") {
                    let topic = try cursor.nextValue()
                    return topic.kind == .string && isWanted(topic: topic.bytes)
                }
                if key.equals("op") || key.equals("success") { return false }
                try cursor.skipValue()
            }
        } catch {
            // What is not JSON belongs to everyone.
        }
        return isSubscribed && permitted == nil
    }

    private mutating func isWanted(topic: UnsafeRawBufferPointer) -> Bool {
        guard let index = topics.index(of: topic) else { return false }
        if let permitted, !(topics[index].symbol.map(permitted.contains) ?? false) { return false }
        return topics.notePassing(index)
    }
}
