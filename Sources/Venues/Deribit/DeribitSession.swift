import JSONScanning
package import MarketModel

/// Deribit's side of one connection, for replay and simulation.
///
/// A client gets the messages of the channels that it subscribed to, byte for byte. If it asks for heartbeats, a silent
/// connection gets a test request.
package struct DeribitSession: VenueSession {
    /// The API key that the client must log in with; `nil` to let every key in.
    let keys: AccountKeys?
    var isLoggedIn = false
    var channels = DeribitChannelSet()
    package internal(set) var hasSubscribed = false
    /// The symbols that the client may see; `nil` if it may see all.
    private var permitted: Set<String>?
    /// What the tape has; `nil` in a simulation, which has every symbol.
    private(set) var offer: VenueOffer?
    package internal(set) var report = SubscriptionReport()
    /// The tape's time, for the answers to requests.
    private(set) var time = UnixNanoseconds(0)
    /// The client's wish; `nil` without heartbeats.
    package internal(set) var keepAliveInterval: Duration?

    package init(keys: AccountKeys? = nil) { self.keys = keys }

    package var isSubscribed: Bool { !channels.subscribed.isEmpty }

    package mutating func restrict(toSymbols symbols: Set<String>) { permitted = symbols }
    package mutating func refuse(beyond offer: VenueOffer) { self.offer = offer }

    package var unanswered: [String] { channels.unanswered }

    package mutating func tapeMoved() {
        channels.forgetPassed()
        report.forgetSkipped()
    }

    package mutating func keepAlive(replies: inout MessageBatch) {
        guard keepAliveInterval != nil else { return }
        let request = #"{"jsonrpc":"2.0","method":"heartbeat","params":{"type":"test_request"}}"#
        replies.append(request.utf8, direction: .sent, tsRecv: UnixNanoseconds(0))
    }

    package mutating func finish(replies: inout MessageBatch) {}

    // MARK: Delivery

    package mutating func deliver(_ tape: MessageBatch, _ range: Range<Int>, into output: inout MessageBatch) {
        tape.bytes.withUnsafeBytes { bytes in
            for index in range {
                let entry = tape.entries[index]
                guard entry.direction == .received, entry.kind != .rest else { continue }
                time = entry.tsRecv
                let payload = UnsafeRawBufferPointer(rebasing: bytes[entry.range])
                guard JSONText.withPlain(payload, { isWanted($0) }) else { continue }
                output.append(payload, kind: entry.kind, direction: .sent, tsRecv: entry.tsRecv)
            }
        }
    }

    /// True if the client gets the message: one of its channels, or one that cannot be read.
    ///
    /// Answers and heartbeats belong to the connection of the recorder.
    private mutating func isWanted(_ payload: UnsafeRawBufferPointer) -> Bool {
        let message = DeribitEnvelope(JSONCursor(payload))
        if let channel = message.channel {
            guard channel.kind == .string, let index = channels.index(of: channel.bytes) else { return false }
            if let permitted, !(channels[index].symbol.map(permitted.contains) ?? false) { return false }
            return channels.notePassing(index)
        }
        return message.failure != nil && isSubscribed && permitted == nil
    }
}
