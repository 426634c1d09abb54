import MarketModel

/// Serves recorded messages to any client that connects, on the paths that were recorded.
struct GenericJSONServer: VenueServer {
    /// The recorded paths; empty if they are not known, which allows only `/`.
    let paths: Set<String>

    func place(ofPath path: String) -> VenuePlace? {
        paths.contains(path) || paths.isEmpty && path == "/" ? VenuePlace() : nil
    }

    func makeSession(at place: VenuePlace, target: String) -> any VenueSession { GenericJSONSession() }
}

/// One client of a feed that was recorded with a mapping.
///
/// Every received message is sent as it was recorded, acknowledgements included, whatever the client asks for.
struct GenericJSONSession: VenueSession {
    let hasSubscribed = true
    let keepAliveInterval: Duration? = nil

    /// Does nothing: the tape has only permitted messages, see ``GenericJSONFilter``.
    mutating func restrict(toSymbols symbols: Set<String>) {}

    /// A message of the client delays the start of the tape: further ones may follow.
    mutating func receive(
        _ payload: UnsafeRawBufferPointer,
        kind: MessageKind,
        replies: inout MessageBatch
    ) -> SessionSignal { .subscriptionsChanged }

    mutating func deliver(_ tape: MessageBatch, _ range: Range<Int>, into output: inout MessageBatch) {
        for index in range { output.append(messageAt: index, of: tape) }
    }

    mutating func keepAlive(replies: inout MessageBatch) {}
    mutating func finish(replies: inout MessageBatch) {}
}

/// Learns the paths of recorded feeds.
struct GenericJSONRecordedReader: RecordedVenueReader {
    private var paths: Set<String> = []
    let knowsSubscriptions = true

    mutating func note(url: String) {
        guard let path = Self.path(ofURL: url) else { return }
        paths.insert(path.isEmpty ? "/" : String(path))
    }

    mutating func beginConnection() {}
    mutating func note(_ payload: UnsafeRawBufferPointer, _ entry: MessageBatch.Entry) {}

    func makeServer(isComplete: Bool) -> any VenueServer { GenericJSONServer(paths: paths) }
}
