import JSONScanning
import MarketModel

/// Serves recorded messages to any client that connects, on the paths that were recorded.
struct GenericJSONServer: VenueServer {
    /// The recorded paths; empty if they are not known, which allows only `/`.
    let paths: Set<String>
    /// The mapping, to find the symbols of a message if a client may see only some; `nil` if it is not known.
    let mapping: FeedMapping?

    func place(ofPath path: String) -> VenuePlace? {
        paths.contains(path) || paths.isEmpty && path == "/" ? VenuePlace() : nil
    }

    func makeSession(at place: VenuePlace, target: String) -> any VenueSession { GenericJSONSession(mapping) }
}

/// One client of a feed that was recorded with a mapping.
///
/// Every received message is sent as it was recorded, acknowledgements included, whatever the client asks for.
struct GenericJSONSession: VenueSession {
    let hasSubscribed = true
    let keepAliveInterval: Duration? = nil
    private let mapping: FeedMapping?
    private var permitted: Set<String>?
    /// Reads the messages of a client that may see only some symbols.
    private var reader: MappingReader?
    private var events = MarketEvents()

    init(_ mapping: FeedMapping?) { self.mapping = mapping }

    mutating func restrict(toSymbols symbols: Set<String>) {
        permitted = symbols
        reader = MappingReader(mapping ?? FeedMapping())
    }

    /// A message of the client delays the start of the tape: further ones may follow.
    mutating func receive(
        _ payload: UnsafeRawBufferPointer,
        kind: MessageKind,
        replies: inout MessageBatch
    ) -> SessionSignal { .subscriptionsChanged }

    mutating func deliver(_ tape: MessageBatch, _ range: Range<Int>, into output: inout MessageBatch) {
        for index in range where tape.withPayload(at: index, { isPermitted($0) }) {
            output.append(messageAt: index, of: tape)
        }
    }

    /// True if all symbols of a message are permitted; messages without symbols are.
    private mutating func isPermitted(_ payload: UnsafeRawBufferPointer) -> Bool {
        guard let permitted, reader != nil else { return true }
        events.removeAll()
        var outcome = DialectOutcome()
        let origin = EventOrigin(message: 0, item: 0)
        JSONText.withPlain(payload) { reader?.read($0, origin, &events, &outcome) }
        guard let reader else { return true }
        self.reader?.findings = MappingReader.Findings()
        var found = Set(events.quotes.map(\.symbol) + events.trades.map(\.symbol) + events.statistics.map(\.symbol))
        found.formUnion(events.venueEvents.compactMap(\.symbol))
        found.formUnion(events.bookMessages.map { reader.books[$0.book].symbol })
        return found.allSatisfy { permitted.contains(reader.symbols.text(of: $0)) }
    }

    mutating func keepAlive(replies: inout MessageBatch) {}
    mutating func finish(replies: inout MessageBatch) {}
}

/// Learns the paths and the mapping of recorded feeds.
struct GenericJSONRecordedReader: RecordedVenueReader {
    private var paths: Set<String> = []
    private var mappings: Set<String> = []
    let knowsSubscriptions = true

    mutating func note(url: String) {
        guard let colon = url.firstIndex(of: ":"), url[colon...].hasPrefix("://") else { return }
        let rest = url[colon...].dropFirst(3)
        let path = rest.firstIndex(of: "/").map { rest[$0...].prefix { $0 != "?" && $0 != "#" } } ?? "/"
        paths.insert(String(path))
    }

    mutating func note(mapping: String) { mappings.insert(mapping) }

    mutating func beginConnection() {}
    mutating func note(_ payload: UnsafeRawBufferPointer, _ entry: MessageBatch.Entry) {}

    func makeServer(isComplete: Bool) -> any VenueServer {
        // Messages of several mappings cannot be told apart by one reader.
        let mapping = mappings.count == 1 ? mappings.first.map { FeedMapping.read($0).mapping } : nil
        return GenericJSONServer(paths: paths, mapping: mapping)
    }
}
