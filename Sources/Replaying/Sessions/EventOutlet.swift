import Archive
import JSONScanning
import MarketModel
import Venues

/// A client of `/replay`.
///
/// It gets events as JSON and may send commands.
struct EventOutlet: PlaybackOutlet {
    /// The longest command, in bytes.
    static let commandBytesMax = 4096

    /// Kinds that are counted only if they were asked for.
    private let optionalKinds: Set<EventKind>
    private(set) var counts = [Int64](repeating: 0, count: EventKind.allCases.count)
    private var hash = MessageDigest()
    private(set) var digest: String?

    /// `kinds` are those that the client asked for.
    init(hasBars: Bool, kinds: Set<EventKind> = EventKind.byDefault) {
        optionalKinds = kinds.filter { $0.isOptional && $0 != .bar }.union(hasBars ? [.bar] : [])
    }

    var isReadyAtOnce: Bool { true }
    var keepAliveInterval: Duration? { nil }
    var venueSession: (any VenueSession)? { nil }

    mutating func receive(
        _ payload: UnsafeRawBufferPointer,
        kind: MessageKind,
        replies: inout MessageBatch
    ) -> OutletSignal {
        guard payload.count <= Self.commandBytesMax else {
            let error = DeckError(.tooLong, "a command has at most \(Self.commandBytesMax) bytes")
            replies.append(json: Self.error(error, command: nil, id: nil))
            return .none
        }
        let (id, result) = DeckCommand.parse(payload)
        switch result {
        case .success(let command): return .command(command, id: id)
        case .failure(let error):
            replies.append(json: Self.error(error, command: nil, id: id))
            return .none
        }
    }

    /// Returns the messages unchanged: they were written for this client.
    mutating func deliver(_ chunk: TapeChunk, _ range: Range<Int>) -> MessageBatch {
        for kind in chunk.kinds[range] { counts[Int(kind.rawValue)] += 1 }
        let entries = chunk.batch.entries[range]
        if let first = entries.first, let last = entries.last {
            chunk.batch.bytes.withUnsafeBytes { bytes in
                // The chunk has a line feed after each message.
                let end = min(bytes.count, last.range.upperBound + 1)
                hash.update(UnsafeRawBufferPointer(rebasing: bytes[first.offset..<end]))
            }
        }
        if range.count == chunk.count { return chunk.batch }
        var part = MessageBatch()
        part.bytes = chunk.batch.bytes
        part.entries = Array(entries)
        return part
    }

    mutating func keepAlive(replies: inout MessageBatch) {}

    mutating func repositioned(to position: Int64, take: Int, lap: TapeDeck.Loop?, replies: inout MessageBatch) {
        var object = JSONObjectWriter()
        object.text("type", lap == nil ? "seek" : "loop")
        object.integer("take", Int64(take))
        if let lap {
            object.integer("from", lap.from)
            if lap.to != .max { object.integer("to", lap.to) }
            appendTotals(to: &object)
        } else {
            object.integer("position", position)
            _ = hash.finish()
        }
        beginTake()
        replies.append(json: object.text())
    }

    mutating func held(replies: inout MessageBatch) {
        var object = JSONObjectWriter()
        object.text("type", "end")
        appendTotals(to: &object)
        replies.append(json: object.text())
        beginTake()
    }

    mutating func finish(replies: inout MessageBatch) {
        var object = JSONObjectWriter()
        object.text("type", "summary")
        appendTotals(to: &object)
        replies.append(json: object.text())
    }

    private mutating func beginTake() {
        hash = MessageDigest()
        counts = counts.map { _ in 0 }
    }

    private mutating func appendTotals(to object: inout JSONObjectWriter) {
        for kind in EventKind.allCases where !kind.isOptional || optionalKinds.contains(kind) {
            object.integer(kind.countName, counts[Int(kind.rawValue)])
        }
        digest = hash.finish()
        object.text("sha256", digest)
    }

    /// Makes the answer to a command that failed.
    static func error(_ error: DeckError, command: DeckCommand?, id: String?) -> String {
        var object = JSONObjectWriter()
        object.text("type", "error")
        object.text("code", error.code.rawValue)
        object.text("message", error.description)
        object.text("cmd", command?.name)
        object.raw("id", id)
        return object.text()
    }
}

extension MessageBatch {
    /// Appends a message of the session itself, without a time.
    mutating func append(json: String) {
        append(json.utf8, direction: .sent, tsRecv: UnixNanoseconds(0))
    }
}
