import JSONScanning
import MarketModel
import Venues

/// The server side of Acme: one path.
struct AcmeServer: VenueServer {
    func place(ofPath path: String) -> VenuePlace? { path == "/acme" ? VenuePlace() : nil }

    func makeSession(at place: VenuePlace, target: String) -> any VenueSession { AcmeSession() }
}

/// Acme from one client's point of view.
struct AcmeSession: VenueSession {
    private(set) var hasSubscribed = false
    /// In the order of subscription.
    private(set) var wanted: [String] = []
    /// The symbols that the client may see; `nil` if it may see all.
    private var permitted: Set<String>?
    /// What the tape has; `nil` in a simulation, which has every symbol.
    private var offer: VenueOffer?

    let keepAliveInterval: Duration? = nil

    mutating func restrict(toSymbols symbols: Set<String>) { permitted = symbols }
    mutating func refuse(beyond offer: VenueOffer) { self.offer = offer }

    mutating func receive(
        _ payload: UnsafeRawBufferPointer,
        kind: MessageKind,
        replies: inout MessageBatch
    ) -> SessionSignal {
        guard let symbols = try? Self.subscription(payload) else {
            return .close(code: 1008, reason: "not a subscription")
        }
        if let reason = offer?.refusal(ofSymbols: symbols) { return .close(code: 1008, reason: reason) }
        for symbol in symbols where !wanted.contains(symbol) { wanted.append(symbol) }
        hasSubscribed = true
        let answer = #"{"subscribed":\#(JSONText.list(symbols))}"#
        replies.append(answer.utf8, direction: .sent, tsRecv: UnixNanoseconds(0))
        return .subscriptionsChanged
    }

    mutating func deliver(_ tape: MessageBatch, _ range: Range<Int>, into output: inout MessageBatch) {
        for index in range {
            guard case .trade(let symbol, _, _, _, _)? = tape.withPayload(at: index, { AcmeMessage($0) }),
                wanted.contains(symbol), permitted?.contains(symbol) ?? true
            else { continue }
            output.append(messageAt: index, of: tape)
        }
    }

    mutating func keepAlive(replies: inout MessageBatch) {}
    mutating func finish(replies: inout MessageBatch) {}

    /// Reads `{"subscribe":["GOLD"]}`.
    private static func subscription(_ payload: UnsafeRawBufferPointer) throws(JSONError) -> [String]? {
        var cursor = JSONCursor(payload)
        try cursor.enterObject()
        guard let key = try cursor.nextKey(), key.equals("subscribe") else { return nil }
        var list = JSONCursor(try cursor.nextValue().bytes)
        var symbols: [String] = []
        try list.enterArray()
        while try list.nextElement() {
            if let symbol = try list.nextValue().text { symbols.append(symbol) }
        }
        return symbols
    }
}
