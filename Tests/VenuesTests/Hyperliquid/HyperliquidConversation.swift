import MarketModel
import OrderBooks
import Testing
import Venues

/// A client and a server of Hyperliquid that exchange batches, with a clock that the test sets.
final class HyperliquidConversation {
    var dialect: any VenueDialect
    var session: any VenueSession
    var now = UnixNanoseconds(1_000_000_000_000)
    var events = MarketEvents()
    var outcome = DialectOutcome()
    var refusals: [SubscriptionRefusal] = []
    var books = BookSet()
    /// False if the server answers nothing.
    var isAnswered = true
    /// What the client sent, as text.
    private(set) var sent: [String] = []
    private var outgoing = MessageBatch()

    init(_ plan: VenuePlan, offer: VenueOffer? = nil) throws {
        dialect = plan.makeDialect(.seconds(5))
        let server = Venue.hyperliquid.definition.makeServer()
        session = server.makeSession(at: try #require(server.place(ofPath: "/ws")), target: "/ws")
        if let offer { session.refuse(beyond: offer) }
    }

    static func plan(_ symbols: [String], _ channels: [String] = []) throws(VenueOptionError) -> VenuePlan {
        var values = VenueOptionValues()
        values.set(MarketOptions.symbols, symbols)
        values.set(MarketOptions.channels, channels)
        return try Venue.hyperliquid.definition.plan(values) { _ in nil }
    }

    func open() {
        dialect.open(now: now, outgoing: &outgoing)
        exchange()
    }

    /// Carries messages both ways until both sides are silent.
    func exchange() {
        while !outgoing.isEmpty {
            let requests = outgoing
            outgoing = MessageBatch()
            var replies = MessageBatch()
            for index in requests.entries.indices {
                sent.append(String(decoding: requests.payload(at: index), as: UTF8.self))
                requests.withPayload(at: index) {
                    _ = session.receive($0, kind: requests.entries[index].kind, replies: &replies)
                }
            }
            if isAnswered { receive(replies) }
        }
    }

    /// Delivers what the session sent to the client.
    func receive(_ output: MessageBatch) {
        var received = MessageBatch()
        for index in output.entries.indices {
            received.append(output.payload(at: index), direction: .received, tsRecv: now)
        }
        var news = MarketEvents()
        outcome = dialect.receive(received, now: now, events: &news, outgoing: &outgoing)
        refusals += outcome.refusals
        var outcomes: [BookOutcome] = []
        books.apply(news, books: dialect.books, outcomes: &outcomes)
        events.quotes += news.quotes
        events.trades += news.trades
        events.venueEvents += news.venueEvents
        events.bookMessages += news.bookMessages
        events.statistics += news.statistics
    }

    /// Delivers what this client gets of a tape; returns its messages.
    @discardableResult
    func play(_ tape: MessageBatch) -> [String] {
        var output = MessageBatch()
        session.deliver(tape, 0..<tape.count, into: &output)
        receive(output)
        return texts(output)
    }

    func wait(seconds: Int) {
        for _ in 0..<seconds {
            now = now.advanced(by: .seconds(1))
            dialect.keepAlive(now: now, outgoing: &outgoing)
            exchange()
        }
    }

    /// Sends a message as the client would; returns the session's answers.
    func send(_ text: String) -> [String] {
        var replies = MessageBatch()
        Array(text.utf8).withUnsafeBytes { _ = session.receive($0, kind: .text, replies: &replies) }
        return texts(replies)
    }
}
