import JSONScanning
import MarketModel

/// OKX from one client's point of view, for replay and simulation.
///
/// A client gets the recorded bytes of what it subscribed to. Acknowledgements and answers to pings are its own.
struct OKXSession: VenueSession {
    /// Requests that change subscriptions or log in, in an hour of the tape.
    static let requestsPerHourMax = 480
    static let requestBytesMax = 65536
    private static let firstSubscription = Duration.seconds(30)

    /// One subscription of the client.
    struct Subscription {
        let argument: OKXArgument
        /// Grows with each request, also if it repeats another: the venue sends a snapshot for each.
        var serial: Int
        /// Messages that were delivered.
        var messages: Int64 = 0
    }

    /// What the tape has, by the text of `arg`.
    private struct Stream {
        /// `nil` if it names no channel, or one that the client may not see.
        let name: String?
        var place: Int?
        /// Messages that the client was not subscribed to.
        var passed: Int64 = 0
    }

    let endpoint: OKXEndpoint
    private(set) var hasSubscribed = false
    /// By name, in the order of subscription.
    private(set) var subscriptions: [Subscription] = []
    private var places: [String: Int] = [:]
    private var serial = 0
    /// The API key that the client must log in with; `nil` to let every key in.
    let keys: AccountKeys?
    var isLoggedIn = false
    private(set) var report = SubscriptionReport()
    /// The symbols that the client may see; `nil` if it may see all.
    private var permitted: Set<String>?
    /// What the tape has; `nil` in a simulation.
    private(set) var offer: VenueOffer?
    /// The texts of `arg` on the tape, and what they mean.
    private var texts = SymbolTable()
    private var streams: [Stream] = []
    /// Names that the client gave up: it did not miss what passed since.
    private var dropped: Set<String> = []
    /// The latest time of the tape.
    private var tapeTime = UnixNanoseconds(0)
    private var requests: [UnixNanoseconds] = []

    init(_ endpoint: OKXEndpoint, keys: AccountKeys? = nil) {
        self.endpoint = endpoint
        self.keys = keys
    }

    let keepAliveInterval: Duration? = nil
    var isSubscribed: Bool { !subscriptions.isEmpty }

    /// The venue closes a connection that subscribes to nothing.
    var clientTimeout: Duration? { hasSubscribed ? nil : Self.firstSubscription }

    mutating func restrict(toSymbols symbols: Set<String>) { permitted = symbols }
    mutating func refuse(beyond offer: VenueOffer) { self.offer = offer }

    var unanswered: [String] {
        Array(subscriptions.lazy.filter { $0.messages == 0 }.map(\.argument.name).prefix(SubscriptionReport.namesMax))
    }

    mutating func tapeMoved() {
        for index in streams.indices { streams[index].passed = 0 }
        dropped = []
        report.forgetSkipped()
    }

    // MARK: Subscriptions

    mutating func subscribe(_ argument: OKXArgument) {
        serial += 1
        hasSubscribed = true
        if let place = places[argument.name] {
            subscriptions[place].serial = serial
            return
        }
        let passed = streams.lazy.filter { $0.name == argument.name }.map(\.passed).reduce(0, +)
        if !dropped.contains(argument.name) { report.noteSkipped(argument.name, messages: passed) }
        subscriptions.append(Subscription(argument: argument, serial: serial))
        updatePlaces()
    }

    mutating func unsubscribe(_ argument: OKXArgument) {
        dropped.insert(argument.name)
        subscriptions.removeAll { $0.argument.name == argument.name }
        updatePlaces()
    }

    private mutating func updatePlaces() {
        places = [:]
        for (index, subscription) in subscriptions.enumerated() { places[subscription.argument.name] = index }
        for index in streams.indices { streams[index].place = streams[index].name.flatMap { places[$0] } }
        report.count = subscriptions.count
    }

    /// The reason why the tape cannot serve `argument`; `nil` if it can.
    mutating func refusalBeyondOffer(of argument: OKXArgument) -> String? {
        guard let reason = offer?.refusal(ofStreams: [argument.name]) else { return nil }
        report.noteRefused([argument.name])
        return reason
    }

    /// Notes a request that counts against the limit; returns false if there were too many in an hour of the tape.
    mutating func takeTurn() -> Bool {
        requests.removeAll { $0.advanced(by: .seconds(3600)) <= tapeTime }
        guard requests.count < Self.requestsPerHourMax else { return false }
        requests.append(tapeTime)
        return true
    }

    // MARK: Delivery

    mutating func deliver(_ tape: MessageBatch, _ range: Range<Int>, into output: inout MessageBatch) {
        tape.bytes.withUnsafeBytes { bytes in
            for index in range {
                let entry = tape.entries[index]
                guard entry.direction == .received, entry.kind != .rest else { continue }
                tapeTime = max(tapeTime, entry.tsRecv)
                let payload = UnsafeRawBufferPointer(rebasing: bytes[entry.range])
                guard JSONText.withPlain(payload, { isWanted($0) }) else { continue }
                output.append(payload, kind: entry.kind, direction: .sent, tsRecv: entry.tsRecv)
            }
        }
    }

    private mutating func isWanted(_ payload: UnsafeRawBufferPointer) -> Bool {
        let envelope = OKXEnvelope(JSONCursor(payload))
        guard envelope.failure == nil else { return false }
        if envelope.event?.equals("notice") == true { return true }
        guard envelope.isData else { return false }
        let index = Int(texts.intern(envelope.argumentBytes).value)
        if index == streams.count { streams.append(stream(envelope)) }
        guard let place = streams[index].place else {
            streams[index].passed += 1
            return false
        }
        subscriptions[place].messages += 1
        return true
    }

    private func stream(_ envelope: OKXEnvelope) -> Stream {
        guard let argument = envelope.argument?.argument, isPermitted(argument) else { return Stream(name: nil) }
        return Stream(name: argument.name, place: places[argument.name])
    }

    private func isPermitted(_ argument: OKXArgument) -> Bool {
        guard let permitted else { return true }
        // A message about all instruments of a kind is not divided.
        return argument.instrument.map(permitted.contains) ?? false
    }

    mutating func keepAlive(replies: inout MessageBatch) {}
    mutating func finish(replies: inout MessageBatch) {}

    /// Announces that the connection will close, so that clients open another one.
    mutating func goAway(replies: inout MessageBatch) {
        let text = "The connection will soon be closed for a service upgrade. Please reconnect."
        reply(#"{"event":"notice","code":"64008","msg":"\#(text)","connId":"\#(Self.connection)"}"#, to: &replies)
    }

    /// The number of every connection.
    static let connection = "a4d3ae55"

    func reply(_ text: String, to replies: inout MessageBatch) {
        replies.append(text.utf8, direction: .sent, tsRecv: UnixNanoseconds(0))
    }
}
