import MarketModel
import SignalRProtocol
import Testing
import Venues

/// The MT4 hub with the MessagePack protocol: the same conversation, the same events.
struct MT4MessagePackTests {
    private let subscription = MT4Subscription(tradePlatform: "P", symbols: ["EURUSD", "USDJPY"])

    @Test("MessagePack messages mean the same as the JSON messages, for every split", arguments: [nil, 7, 100])
    func sameEvents(cutBytes: Int?) throws {
        var batch = mt4Batch(["{}|"])
        var wanted = MT4Wanted()
        wanted.isAllTicks = true
        var simulator = MT4Simulator(
            seed: 3,
            symbols: ["EURUSD", "USDJPY"],
            ratePerSecond: 1000,
            start: UnixNanoseconds(1_767_605_400_000_000_000),
            platform: "P"
        )
        simulator.next(300, for: wanted, into: &batch)
        for index in batch.entries.indices { batch.entries[index].direction = .received }
        let (plain, packed) = (try events(of: batch), try events(of: binary(batch, cutBytes)))
        #expect(packed.quotes.count == plain.quotes.count && packed.quotes.count > 100)
        for (left, right) in zip(packed.quotes, plain.quotes) {
            #expect(left.bidPrice == right.bidPrice && left.askPrice == right.askPrice && left.tsEvent == right.tsEvent)
        }
        #expect(packed.venueEvents.map(\.kind) == plain.venueEvents.map(\.kind))
        #expect(packed.venueEvents.filter(\.isOddity).isEmpty)
    }

    @Test("handshake, calls, pings and answers to calls are sent in binary messages")
    func conversation() throws {
        var dialect = MT4Dialect(subscription, hubProtocol: .messagePack)
        var hub = Hub()
        var now = UnixNanoseconds(1_000_000_000)
        var outgoing = MessageBatch()
        dialect.open(now: now, outgoing: &outgoing)
        #expect(mt4Texts(outgoing) == [#"{"protocol":"messagepack","version":1}|"#])
        var events = MarketEvents()
        var outcome = DialectOutcome()
        while !outgoing.isEmpty {
            #expect(outgoing.entries.allSatisfy { $0.kind == .binary && $0.direction == .sent })
            let replies = hub.answer(outgoing)
            outgoing = MessageBatch()
            outcome = dialect.receive(replies, now: now, events: &events, outgoing: &outgoing)
        }
        #expect(outcome.isSubscribed && outcome.ending == nil)
        #expect(hub.heard.contains { $0.contains("SubscribeToTicks") && $0.contains("USDJPY") })

        now = now.advanced(by: .seconds(16))
        dialect.keepAlive(now: now, outgoing: &outgoing)
        #expect(outgoing.payload(at: 0) == [2, 0x91, 6])
        outgoing = MessageBatch()
        let call = hub.say(#"{"type":1,"invocationId":"9","target":"Ask","arguments":[]}|"#)
        _ = dialect.receive(call, now: now, events: &events, outgoing: &outgoing)
        _ = hub.answer(outgoing)
        #expect(hub.heard.last == #"{"type":3,"invocationId":"9","error":"Client didn't provide a result."}"#)
        outcome = dialect.receive(
            hub.say(#"{"type":8,"sequenceId":1}|"#),
            now: now,
            events: &events,
            outgoing: &outgoing
        )
        #expect(outcome.ending == nil && events.venueEvents.filter(\.isOddity).isEmpty)
        outcome = dialect.receive(
            hub.say(#"{"type":7,"allowReconnect":true}|"#),
            now: now,
            events: &events,
            outgoing: &outgoing
        )
        #expect(outcome.ending?.isFailure == false && outcome.ending?.isReturnWelcome == true)
    }

    @Test("repeated calls, and the calls at the end, are MessagePack too")
    func laterCalls() {
        var dialect = MT4Dialect(subscription, hubProtocol: .messagePack)
        var hub = Hub()
        var (now, outgoing, events) = (UnixNanoseconds(1_000_000_000), MessageBatch(), MarketEvents())
        func receive(_ records: String) {
            outgoing = MessageBatch()
            let batch = hub.say(records)
            _ = dialect.receive(batch, now: now, events: &events, outgoing: &outgoing)
        }
        dialect.open(now: now, outgoing: &outgoing)
        _ = hub.answer(outgoing)
        var handshake = mt4Batch(["{}|"], kind: .binary)
        handshake = mt4Flipped(handshake)
        _ = dialect.receive(handshake, now: now, events: &events, outgoing: &outgoing)
        receive(#"{"type":3,"invocationId":"1","result":false}|"#)
        receive(#"{"type":3,"invocationId":"2"}|{"type":3,"invocationId":"3"}|"#)
        outgoing = MessageBatch()
        now = now.advanced(by: .seconds(2))
        dialect.keepAlive(now: now, outgoing: &outgoing)
        dialect.leave(now: now, outgoing: &outgoing)
        #expect(outgoing.count == 3 && outgoing.entries.allSatisfy { $0.kind == .binary })
        _ = hub.answer(outgoing)
        #expect(hub.heard.suffix(3).first?.contains(#""target":"Connect""#) == true)
        #expect(hub.heard.last?.contains("UnsubscribeFromTicks") == true)
    }

    @Test("our own hub reads and writes MessagePack, and its tape serves clients of both protocols")
    func ownHub() throws {
        var (dialect, session) = (MT4Dialect(subscription, hubProtocol: .messagePack), MT4HubSession())
        let now = UnixNanoseconds(1)
        var (outgoing, events, tape) = (MessageBatch(), MarketEvents(), MessageBatch())
        dialect.open(now: now, outgoing: &outgoing)
        while !outgoing.isEmpty {
            var replies = MessageBatch()
            for index in 0..<outgoing.count {
                let signal = outgoing.withPayload(at: index) { session.receive($0, kind: .binary, replies: &replies) }
                if case .close(_, let reason) = signal { Issue.record("closed: \(reason)") }
            }
            #expect(replies.entries.allSatisfy { $0.kind == .binary })
            outgoing = MessageBatch()
            _ = dialect.receive(mt4Flipped(replies), now: now, events: &events, outgoing: &outgoing)
        }
        #expect(session.hasSubscribed)
        let ticks = (1...3).map { number in
            #"{"type":1,"target":"OnTick","arguments":[{"tradePlatform":"P","tick":{"symbol":"EURUSD","bid":1.\#(number),"#
                + #""ask":1.5,"lastTime":"2026-01-05T00:00:00"}}]}|"#
        }
        session.deliver(mt4Batch(ticks), 0..<3, into: &tape)
        session.keepAlive(replies: &tape)
        tape = mt4Flipped(tape)
        #expect(tape.entries.map(\.kind) == [.binary, .binary, .binary, .binary])
        _ = dialect.receive(tape, now: now, events: &events, outgoing: &outgoing)
        #expect(events.quotes.count == 3 && events.venueEvents.filter(\.isOddity).isEmpty)

        var plain = MT4SessionRun.open(
            #"{"type":1,"invocationId":"1","target":"SubscribeToAllTicks","arguments":[{"tradePlatform":"P"}]}|"#
        )
        var delivered = MessageBatch()
        plain.session.deliver(tape, 0..<tape.count, into: &delivered)
        #expect(mt4Texts(delivered) == ticks)
        #expect(delivered.entries.allSatisfy { $0.kind == .text })
    }

    @Test("calls may follow the handshake in one message; bad messages end the conversation")
    func handshakes() throws {
        var session = MT4HubSession()
        var replies = MessageBatch()
        let hello = Array("{\"protocol\":\"messagepack\",\"version\":1}\u{1E}".utf8)
        let call = [14, 0x95, 1, 0x80, 0xa1, 0x31, 0xa7] + Array("Unknown".utf8) + [0x90]
        _ = (hello + call).withUnsafeBytes { session.receive($0, kind: .binary, replies: &replies) }
        try #require(replies.count == 2)
        #expect(replies.payload(at: 0) == Array("{}\u{1E}".utf8))
        #expect(String(decoding: replies.payload(at: 1), as: UTF8.self).contains("Unknown hub method 'Unknown'"))
        let signal = [UInt8]([1, 0xc1]).withUnsafeBytes { session.receive($0, kind: .binary, replies: &replies) }
        #expect(signal == .close(code: 1002, reason: "malformed hub record"))
        #expect(replies.entries.allSatisfy { $0.kind == .binary })
    }

    @Test("a bad message is an oddity; invalid lengths end the conversation")
    func broken() {
        var dialect = MT4Dialect(subscription, hubProtocol: .messagePack)
        var (outgoing, events) = (MessageBatch(), MarketEvents())
        let now = UnixNanoseconds(1)
        dialect.open(now: now, outgoing: &outgoing)
        func receive(_ payload: [UInt8]) -> DialectOutcome {
            var batch = MessageBatch()
            batch.append(payload, kind: .binary, direction: .received, tsRecv: now)
            return dialect.receive(batch, now: now, events: &events, outgoing: &outgoing)
        }
        #expect(receive(Array("{}\u{1E}".utf8) + [1, 0xc1]).ending == nil)
        #expect(events.venueEvents.map(\.isOddity) == [true])
        #expect(receive([0xff, 0xff, 0xff, 0xff, 0xff]).ending?.isFailure == true)
        #expect(events.venueEvents.map(\.isOddity) == [true, true])
    }

    @Test("a goodbye says whether the client may reconnect")
    func goodbye() {
        for (record, isWelcome) in [
            (#"{"type":7}|"#, false), (#"{"type":7,"allowReconnect":true}|"#, true),
            (#"{"type":7,"error":"x","allowReconnect":true}|"#, true), (#"{"type":7,"error":"x"}|"#, false),
        ] {
            var run = MT4DialectRun()
            _ = run.open()
            run.receive("{}|")
            run.receive(record)
            #expect(run.outcome.ending?.isReturnWelcome == isWelcome, "\(record)")
        }
    }

    // MARK: Helpers

    /// A JSON hub behind a protocol converter.
    private struct Hub {
        private var session = MT4HubSession()
        private var reader = HubBinaryReader()
        private var writer = HubBinaryWriter()
        /// The client's records, including the handshake.
        private(set) var heard: [String] = []

        mutating func answer(_ batch: MessageBatch) -> MessageBatch {
            var replies = MessageBatch()
            for index in 0..<batch.count {
                var records: [UInt8] = []
                var problems: [HubBinaryReader.Problem] = []
                batch.withPayload(at: index) { reader.appendRecords(of: $0, to: &records, problems: &problems) }
                #expect(problems.isEmpty)
                let text = String(decoding: records, as: UTF8.self).replacing("messagepack", with: "json")
                heard += text.split(separator: "\u{1E}").map(String.init)
                _ = Array(text.utf8).withUnsafeBytes { session.receive($0, kind: .text, replies: &replies) }
            }
            writer.encode(&replies, from: 0)
            return mt4Flipped(replies)
        }

        mutating func say(_ records: String) -> MessageBatch {
            var batch = mt4Batch([records])
            writer.encode(&batch, from: 0)
            return batch
        }
    }

    private func events(of batch: MessageBatch) throws -> MarketEvents {
        var reader = Venue.mt4.makeReader()
        var (events, outgoing) = (MarketEvents(), MessageBatch())
        _ = reader.receive(batch, now: UnixNanoseconds(0), events: &events, outgoing: &outgoing)
        #expect(outgoing.isEmpty)
        return events
    }

    /// Converts the messages to MessagePack, cut into messages of `cutBytes` bytes if it is given.
    private func binary(_ batch: MessageBatch, _ cutBytes: Int?) -> MessageBatch {
        var packed = batch
        var writer = HubBinaryWriter()
        #expect(writer.encode(&packed, from: 0) == 0)
        guard let cutBytes else { return packed }
        var cut = MessageBatch()
        for start in stride(from: 0, to: packed.bytes.count, by: cutBytes) {
            let end = min(start + cutBytes, packed.bytes.count)
            cut.append(packed.bytes[start..<end], kind: .binary, direction: .received, tsRecv: UnixNanoseconds(0))
        }
        return cut
    }
}
