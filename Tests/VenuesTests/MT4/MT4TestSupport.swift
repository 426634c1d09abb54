import MarketModel
import Venues

/// Records of a hub in a batch, `|` standing for the separator, so that cases stay readable.
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

/// The same messages seen from the other end of the socket.
func mt4Flipped(_ batch: MessageBatch) -> MessageBatch {
    var copy = batch
    for index in copy.entries.indices { copy.entries[index].direction = .received }
    return copy
}

/// A dialect with what came out of it.
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

    /// Feeds messages and returns what is sent in answer; events pile up.
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

/// A session of the MT4 hub with what came out of it.
typealias MT4SessionRun = HubRun<MT4HubSession>

/// A session of any hub with what came out of it.
struct HubRun<Session: VenueSession> {
    var session: Session
    var signal = SessionSignal.none

    init(_ session: Session) { self.session = session }

    /// Sends one message of the client and returns the replies.
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

    /// A session past its handshake, with the given calls made.
    static func open(_ calls: String...) -> MT4SessionRun {
        var run = MT4SessionRun()
        run.send(#"{"protocol":"json","version":1}|"#)
        for call in calls { run.send(call) }
        return run
    }
}
