import MarketModel
import Venues

/// A batch of hub records.
///
/// `|` stands for the separator, so that tests stay readable.
func mt4Batch(_ messages: [String], kind: MessageKind = .text) -> MessageBatch {
    var batch = MessageBatch()
    for (index, message) in messages.enumerated() {
        batch.append(
            mt4Bytes(message),
            kind: kind,
            direction: .received,
            tsRecv: UnixNanoseconds(Int64(index))
        )
    }
    return batch
}

func mt4Bytes(_ message: String) -> [UInt8] {
    message.utf8.map { $0 == UInt8(ascii: "|") ? 0x1E : $0 }
}

func mt4Texts(_ batch: MessageBatch) -> [String] {
    (0..<batch.count).map { index in
        String(decoding: batch.payload(at: index).map { $0 == 0x1E ? UInt8(ascii: "|") : $0 }, as: UTF8.self)
    }
}

/// The same messages with sent and received swapped.
func mt4Flipped(_ batch: MessageBatch) -> MessageBatch {
    var copy = batch
    for index in copy.entries.indices { copy.entries[index].direction = .received }
    return copy
}

/// A dialect and its output.
struct MT4DialectRun {
    var dialect: MT4Dialect
    var now = UnixNanoseconds(1_000_000_000)
    var events = MarketEvents()
    var outcome = DialectOutcome()

    init(_ subscription: MT4Subscription = MT4Subscription(tradePlatform: "P", symbols: ["EURUSD"])) {
        dialect = MT4Dialect(subscription)
    }

    mutating func open() -> [String] {
        var outgoing = MessageBatch()
        dialect.open(now: now, outgoing: &outgoing)
        return mt4Texts(outgoing)
    }

    /// Passes messages to the dialect and returns its answers; events accumulate.
    @discardableResult
    mutating func receive(_ messages: String...) -> [String] {
        receive(mt4Batch(messages))
    }

    @discardableResult
    mutating func receive(_ batch: MessageBatch) -> [String] {
        var outgoing = MessageBatch()
        outcome = dialect.receive(batch, now: now, events: &events, outgoing: &outgoing)
        return mt4Texts(outgoing)
    }

    mutating func keepAlive(after duration: Duration) -> [String] {
        now = now.advanced(by: duration)
        var outgoing = MessageBatch()
        dialect.keepAlive(now: now, outgoing: &outgoing)
        return mt4Texts(outgoing)
    }

    func symbol(_ quote: Quote) -> String { dialect.symbols.text(of: quote.symbol) }

    var oddities: [String] { events.venueEvents.filter(\.isOddity).map { $0.kind + " " + json($0) } }

    func json(_ event: VenueEvent) -> String { String(decoding: event.json, as: UTF8.self) }
}

/// A session of the MT4 hub and its output.
typealias MT4SessionRun = HubRun<MT4HubSession>

/// A session of any hub and its output.
struct HubRun<Session: VenueSession> {
    var session: Session
    var signal = SessionSignal.none

    init(_ session: Session) { self.session = session }

    /// Sends one message from the client and returns the replies.
    @discardableResult
    mutating func send(_ message: String, kind: MessageKind = .text) -> [String] {
        var replies = MessageBatch()
        signal = mt4Bytes(message).withUnsafeBytes { session.receive($0, kind: kind, replies: &replies) }
        return mt4Texts(replies)
    }

    mutating func deliver(_ messages: String...) -> [String] {
        var output = MessageBatch()
        let tape = mt4Batch(messages)
        session.deliver(tape, 0..<tape.count, into: &output)
        return mt4Texts(output)
    }
}

extension HubRun<MT4HubSession> {
    init() { self.init(MT4HubSession()) }

    /// Returns a session after its handshake and the given calls.
    static func open(_ calls: String...) -> MT4SessionRun {
        var run = MT4SessionRun()
        run.send(#"{"protocol":"json","version":1}|"#)
        for call in calls { run.send(call) }
        return run
    }
}
