import MarketModel
import Testing
import Venues

struct MT4SimulatorTests {
    private let symbols = ["EURUSD", "USDJPY", "XAUUSD", "US30", "ODD \"NAME\""]

    @Test("the same seed gives the same bytes, another seed other bytes")
    func determinism() {
        let first = tape(seed: 1, [500])
        #expect(first.bytes == tape(seed: 1, [1, 99, 400]).bytes)
        #expect(first.entries == tape(seed: 1, [1, 99, 400]).entries)
        #expect(first.bytes != tape(seed: 2, [500]).bytes)
    }

    @Test("the first message of a seed never changes")
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

    @Test("a client without known subscriptions gets nothing")
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
        "the session delivers all subscriptions of the dialect, and the events match the ledger",
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
        _ = run.keepAlive(after: MT4Dialect.streamRefusalTime)
        #expect(run.dialect.isSubscribed && session.hasSubscribed)

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
        #expect(run.oddities.isEmpty)
        let others = simulator.ledger.filter { if case .other = $0 { true } else { false } }
        #expect(!others.isEmpty)
        #expect(meant(run) == simulator.ledger.filter { !others.contains($0) }, "seed \(seed)")
    }

    @Test("replaying a recorded tape to the same subscriptions gives the same tape")
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

    @Test("every kind of message is sent to its subscribers, and to no other client")
    func kinds() {
        var wanted = MT4Wanted()
        wanted.symbols = ["EURUSD"]
        let usual: Set = ["OnTick", "OnTicks", "OnTicksOHLC", "OnMarginUpdate", "OnDebug", "OnMarketNews"]
        #expect(targets(tape(wanted, 5000)) == usual)
        wanted.isSymbolUpdates = true
        wanted.isOnlineUpdates = true
        #expect(targets(tape(wanted, 5000)) == usual.union(["OnSymbolUpdate", "OnOnlineUpdate"]))
        #expect(
            targets(tape(everything, 20_000))
                == usual.union([
                    "OnSymbolUpdate", "OnOnlineUpdate", #""ticks""#, #""trades""#, #""margins""#, #""users""#,
                ])
        )
    }

    @Test("an outage is announced, has no quotes, and its end is announced", arguments: [UInt64(1), 2])
    func outages(seed: UInt64) {
        var options = MT4Simulator.Options()
        options.hasOutages = true
        var isDown = false
        var outages = 0
        for text in mt4Texts(tape(everything, 5000, seed: seed, options)) {
            if text.contains("OnMT4ConnectionStatus") {
                #expect(text.contains(#""connected":\#(isDown)"#))
                isDown.toggle()
                outages += 1
            } else if isDown {
                #expect(!text.contains(#""bid""#), "\(text)")
            }
        }
        #expect(outages > 4)
    }

    @Test("a spelling applies to one whole message, and the protocol's own names stay")
    func spelling() throws {
        var options = MT4Simulator.Options()
        options.spelling.hasPascalCase = true
        options.spelling.hasEnumNumbers = true
        options.spelling.hasTextNumbers = true
        for text in mt4Texts(tape(everything, 3000, options)) {
            let keys = text.matches(of: /"([A-Za-z]\w*)":/).map { String($0.output.1) }
            let own: Set = ["type", "target", "arguments", "invocationId", "item", "queue", "nested", "ok"]
            #expect(keys.allSatisfy { own.contains($0) || $0.first?.isUppercase == true }, "\(text)")
            #expect(!text.contains(#""Ok""#) && !text.contains(#""Bid":1"#), "\(text)")
        }
        options.spelling = MT4Spelling()
        options.spelling.isPositional = true
        let ticks = mt4Texts(tape(everything, 50, options)).filter { $0.contains("onTick\"") }
        #expect(ticks.first?.hasPrefix(#"{"type":1,"target":"onTick","arguments":["P",{"symbol":""#) == true)
    }

    @Test("disturbances are the same for the same seed, and go to the client whole", arguments: [UInt64(1), 5])
    func mess(seed: UInt64) {
        var options = MT4Simulator.Options()
        options.hasMess = true
        options.hasOutages = true
        let tape = tape(everything, 4000, seed: seed, options)
        #expect(tape.bytes == self.tape(everything, 4000, seed: seed, options).bytes)
        var run = MT4SessionRun(MT4HubSession())
        run.send(#"{"protocol":"json","version":1}|"#)
        for call in ["SubscribeToAllTicks", "SubscribeToSymbols", "SubscribeToOnlineUpdates"] {
            run.send(#"{"type":1,"target":"\#(call)","arguments":["P"]}|"#)
        }
        for (id, call) in streams {
            run.send(#"{"type":4,"invocationId":"\#(id)","target":"\#(call)","arguments":["P"]}|"#)
        }
        var delivered = MessageBatch()
        run.session.deliver(tape, 0..<tape.count, into: &delivered)
        #expect(delivered.bytes == tape.bytes && delivered.count == tape.count)

        let texts = mt4Texts(tape)
        #expect(texts.contains { $0.utf8.count > 100_000 })
        #expect(texts.contains { $0.split(separator: "|").count > 10 })
        #expect(zip(texts, texts.dropFirst()).contains { $0 == $1 })
        for sign in [
            "onTick", "\"TradePlatform\"", "null", "<html>", "SECRET-debug", "\"levelType\":0", "\"bid\":\"1.",
        ] {
            #expect(texts.contains { $0.contains(sign) }, "\(sign)")
        }
        // A recorder continues after any message.
        var dialect = MT4DialectRun(MT4Subscription(tradePlatform: "P", allSymbols: true, margin: true))
        dialect.receive(mt4Flipped(delivered))
        #expect(dialect.events.quotes.count > 3000 && !dialect.oddities.isEmpty)
    }

    @Test("data that must not be stored is marked, at every place")
    func secrets() {
        let users = mt4Texts(tape(everything, 20_000)).filter { $0.contains(#""users""#) }
        #expect(users.count > 10)
        for user in users {
            for (name, mark) in user.matches(of: /"(password\w*|otpSecret|name|email|id)":"([A-Z]+)-/).map(\.output)
                .map({
                    (String($0.1), String($0.2))
                })
            {
                #expect(mark == (name.hasPrefix("password") || name == "otpSecret" ? "SECRET" : "PERSONAL"))
            }
            #expect(user.contains(#""password":"SECRET-"#) && user.contains(#""otpSecret":"SECRET-"#))
        }
    }

    // MARK: Helpers

    private let streams = [
        ("ticks", "StreamAllTicks"), ("margins", "StreamMarginCallUpdates"), ("trades", "StreamTrades"),
        ("users", "StreamUserUpdates"),
    ]

    /// The subscriptions of a client that called everything.
    private var everything: MT4Wanted {
        var run = MT4SessionRun.open()
        for call in ["SubscribeToAllTicks", "SubscribeToSymbols", "SubscribeToOnlineUpdates"] {
            run.send(#"{"type":1,"target":"\#(call)","arguments":["P"]}|"#)
        }
        for (id, call) in streams {
            run.send(#"{"type":4,"invocationId":"\#(id)","target":"\#(call)","arguments":["P"]}|"#)
        }
        return run.session.wanted
    }

    private func tape(
        _ wanted: MT4Wanted,
        _ count: Int,
        seed: UInt64 = 1,
        _ options: MT4Simulator.Options = MT4Simulator.Options()
    ) -> MessageBatch {
        var simulator = MT4Simulator(
            seed: seed,
            symbols: symbols,
            ratePerSecond: 1000,
            start: start,
            platform: "P",
            options: options
        )
        var batch = MessageBatch()
        simulator.next(count, for: wanted, into: &batch)
        return batch
    }

    /// The names of callbacks and the IDs of streams, quoted as they are.
    private func targets(_ batch: MessageBatch) -> Set<String> {
        Set(
            mt4Texts(batch).compactMap { text in
                text.firstMatch(of: /"target":"(\w+)"/).map { String($0.output.1) }
                    ?? text.firstMatch(of: /"invocationId":("\w+")/).map { String($0.output.1) }
            }
        )
    }

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

    /// Runs both sides until the dialect has nothing more to send, and returns the hub's messages.
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

    /// The events in order of origin, as ledger entries.
    private func meant(_ run: MT4DialectRun) -> [MT4LedgerEntry] {
        let quotes = run.events.quotes.map { quote in
            (
                quote.origin,
                MT4LedgerEntry.quote(
                    .init(
                        symbol: run.symbol(quote),
                        tsEvent: quote.tsEvent,
                        bidPrice: quote.bidPrice ?? .zero,
                        askPrice: quote.askPrice ?? .zero
                    )
                )
            )
        }
        let margins = run.events.marginUpdates.map { ($0.origin, MT4LedgerEntry.margin(.init($0))) }
        return (quotes + margins).sorted { ($0.0.message, $0.0.item) < ($1.0.message, $1.0.item) }.map(\.1)
    }
}
