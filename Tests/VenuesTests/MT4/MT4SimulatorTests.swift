import MarketModel
import Testing
import Venues

struct MT4SimulatorTests {
    private let symbols = ["EURUSD", "USDJPY", "XAUUSD", "US30", "ODD \"NAME\""]

    @Test("the same seed gives the same bytes, another seed others")
    func determinism() {
        let first = tape(seed: 1, [500])
        #expect(first.bytes == tape(seed: 1, [1, 99, 400]).bytes)
        #expect(first.entries == tape(seed: 1, [1, 99, 400]).entries)
        #expect(first.bytes != tape(seed: 2, [500]).bytes)
    }

    @Test("the first message of a seed stays what it is")
    func golden() {
        var wanted = MT4Wanted()
        wanted.symbols = ["EURUSD"]
        var simulator = simulator(seed: 1)
        var batch = MessageBatch()
        simulator.next(1, for: wanted, into: &batch)
        #expect(
            mt4Texts(batch) == [
                #"{"type":1,"target":"OnTick","arguments":[{"tradePlatform":"P","tick":"#
                    + #"{"symbol":"EURUSD","bid":1.08512,"ask":1.08518,"lastTime":"2026-01-05T09:30:00"}}]}|"#
            ]
        )
    }

    @Test("times follow the rate")
    func times() {
        let entries = tape(seed: 1, [3000]).entries
        #expect(entries.first?.tsRecv == start)
        #expect(entries[1].tsRecv == start.advanced(by: .milliseconds(1)))
        #expect(entries[2999].tsRecv == start.advanced(by: .milliseconds(2999)))
        #expect(entries.allSatisfy { $0.direction == .received && $0.kind == .text })
    }

    @Test("nothing is made up for a client that wants nothing known")
    func nothingWanted() {
        var simulator = simulator(seed: 1)
        var batch = MessageBatch()
        #expect(simulator.next(10, for: MT4Wanted(), into: &batch) == 0)
        var unknown = MT4Wanted()
        unknown.symbols = ["NONE"]
        #expect(simulator.next(10, for: unknown, into: &batch) == 0)
        #expect(batch.isEmpty && simulator.count == 0)
        var empty = MT4Simulator(seed: 1, symbols: [], ratePerSecond: 1, start: start, platform: "P")
        unknown.isAllTicks = true
        #expect(empty.next(10, for: unknown, into: &batch) == 0)
    }

    @Test(
        "what the dialect subscribes to, the session delivers whole, and the events say what was meant",
        arguments: [
            MT4Subscription(tradePlatform: "P", symbols: ["EURUSD", "US30"]),
            MT4Subscription(tradePlatform: "P", symbols: ["ODD \"NAME\""], margin: true),
            MT4Subscription(tradePlatform: "P", allSymbols: true, margin: true),
            MT4Subscription(tradePlatform: "P", margin: true),
        ],
        [UInt64(1), 77]
    )
    func roundTrip(subscription: MT4Subscription, seed: UInt64) {
        var run = MT4DialectRun(subscription)
        var session = MT4HubSession()
        converse(&run, &session)
        #expect(run.outcome.isSubscribed && session.hasSubscribed)

        var simulator = simulator(seed: seed)
        simulator.keepsLedger = true
        var tape = MessageBatch()
        #expect(simulator.next(5000, for: session.wanted, into: &tape) == 5000)
        var delivered = MessageBatch()
        session.deliver(tape, 0..<tape.count, into: &delivered)
        #expect(delivered.bytes == tape.bytes)
        #expect(delivered.entries.map(\.tsRecv) == tape.entries.map(\.tsRecv))

        run.receive(mt4Flipped(delivered))
        #expect(run.outcome.dataMessages == 5000)
        #expect(run.events.venueEvents.isEmpty)
        #expect(meant(run) == simulator.ledger, "seed \(seed)")
    }

    @Test("a recorded tape replayed to the same subscription is the same tape")
    func replay() {
        let subscription = MT4Subscription(tradePlatform: "P", symbols: ["EURUSD"], allSymbols: true, margin: true)
        var run = MT4DialectRun(subscription)
        var session = MT4HubSession()
        var recorded = converse(&run, &session)
        var simulator = simulator(seed: 3)
        simulator.next(2000, for: session.wanted, into: &recorded)
        let tape = recorded.entries.suffix(2000)

        var again = MT4DialectRun(subscription)
        var replaying = MT4HubSession()
        converse(&again, &replaying)
        var output = MessageBatch()
        replaying.deliver(recorded, 0..<recorded.count, into: &output)
        #expect(output.count == 2000)
        #expect(output.bytes == tape.flatMap { recorded.bytes[$0.range] })
    }

    // MARK: Inside

    private let start = UnixNanoseconds(1_767_605_400_000_000_000)

    private func simulator(seed: UInt64) -> MT4Simulator {
        MT4Simulator(seed: seed, symbols: symbols, ratePerSecond: 1000, start: start, platform: "P")
    }

    private func tape(seed: UInt64, _ counts: [Int]) -> MessageBatch {
        var wanted = MT4Wanted()
        wanted.isAllTicks = true
        var simulator = simulator(seed: seed)
        var batch = MessageBatch()
        for count in counts { simulator.next(count, for: wanted, into: &batch) }
        return batch
    }

    /// Lets both sides talk until the dialect has nothing more to say, and returns what the hub said.
    @discardableResult
    private func converse(_ run: inout MT4DialectRun, _ session: inout MT4HubSession) -> MessageBatch {
        var said = MessageBatch()
        var outgoing = MessageBatch()
        run.dialect.open(now: run.now, outgoing: &outgoing)
        while !outgoing.isEmpty {
            var replies = MessageBatch()
            for index in 0..<outgoing.count {
                _ = outgoing.withPayload(at: index) { session.receive($0, kind: .text, replies: &replies) }
            }
            replies = mt4Flipped(replies)
            for index in 0..<replies.count { said.append(messageAt: index, of: replies) }
            outgoing.removeAll()
            run.outcome = run.dialect.receive(replies, now: run.now, events: &run.events, outgoing: &outgoing)
        }
        return said
    }

    /// The events in order of origin, in the words of the simulator.
    private func meant(_ run: MT4DialectRun) -> [MT4LedgerEntry] {
        let quotes = run.events.quotes.map { quote in
            (
                quote.origin,
                MT4LedgerEntry.quote(
                    .init(
                        symbol: run.symbol(quote),
                        tsEvent: quote.tsEvent,
                        bidPrice: quote.bidPrice,
                        askPrice: quote.askPrice
                    )
                )
            )
        }
        let margins = run.events.marginUpdates.map { ($0.origin, MT4LedgerEntry.margin(.init($0))) }
        return (quotes + margins).sorted { ($0.0.message, $0.0.item) < ($1.0.message, $1.0.item) }.map(\.1)
    }
}
