import Archive
import JSONScanning
import MarketModel
import Transport

/// The messages of a normalised replay on their way out, with what its summary says of them.
struct NormalizedOutput<C: Clock> where C.Duration == Duration {
    private let clock: C
    private var schedule: PlaybackSchedule<C>
    private var batch = MessageBatch()
    private var digest = MessageDigest()
    private var counts: [(name: String, count: Int64)] = [
        ("quotes", 0), ("trades", 0), ("margin_updates", 0), ("gaps", 0),
    ]
    private var text: [UInt8] = []

    init(clock: C, speed: PlaybackSpeed) {
        self.clock = clock
        schedule = PlaybackSchedule(speed: speed)
    }

    var pendingBytes: Int { batch.bytes.count }

    mutating func deadline(of event: TapeEvent) -> C.Instant? {
        let clock = clock
        return schedule.deadline(of: event.tsRecv, now: clock.now)
    }

    mutating func append(_ event: TapeEvent) {
        counts[Self.countIndex(of: event)].count += 1
        text.removeAll(keepingCapacity: true)
        TapeEventWriter.append(event, to: &text)
        batch.append(text, direction: .sent, tsRecv: event.tsRecv)
        text.append(UInt8(ascii: "\n"))
        text.withUnsafeBytes { digest.update($0) }
    }

    /// The last message: what was sent, and the SHA-256 over every message before it, each followed by a line feed.
    mutating func appendSummary() {
        var object = JSONObjectWriter()
        object.text("type", "summary")
        for (name, count) in counts { object.integer(name, count) }
        object.text("sha256", digest.finish())
        text.removeAll(keepingCapacity: true)
        object.finish(into: &text)
        batch.append(text, direction: .sent, tsRecv: UnixNanoseconds(0))
    }

    mutating func send(over connection: WebSocketConnection) async throws {
        guard !batch.isEmpty else { return }
        try await connection.send(batch)
        batch.removeAll()
    }

    private static func countIndex(of event: TapeEvent) -> Int {
        switch event {
        case .quote: 0
        case .trade: 1
        case .margin: 2
        case .gap: 3
        }
    }
}
