import JSONScanning
import MarketModel
import Testing

@testable import Venues

/// What each venue plans for the channel `account`, and that its server checks what its client signs.
struct AccountPlanTests {
    private static let venues: [Venue] = [.binanceUSDM, .bybitSpot, .bybitLinear, .okx, .deribit]
    private static let now = UnixNanoseconds(1_767_605_400_123_000_000)

    /// Keys whose signature is readable: the text, and the secret.
    private static func keys(secret: String = "secret", at time: UnixNanoseconds = now) -> AccountKeys {
        var keys = AccountKeys(key: "KEY-0123456789", now: { time }, makeNonce: { "nonce" })
        keys.passphrase = "pass-0123456789"
        keys.sign = { Array("\($0)|\(secret)".utf8) }
        return keys
    }

    private func plans(_ venue: Venue, _ channels: String, symbols: [String] = []) throws -> [VenuePlan] {
        var values = VenueOptionValues()
        values.set(MarketOptions.channels, [channels])
        values.set(MarketOptions.symbols, symbols)
        return try venue.definition.plans(values) { _ in nil }
    }

    @Test("an account needs no symbols, and has a connection of its own beside market data", arguments: venues)
    func parts(_ venue: Venue) throws {
        let alone = try plans(venue, "account")
        #expect(alone.count == 1 && alone[0].part.isEmpty && alone[0].account != nil)
        #expect(alone[0].ticks == .none && alone[0].instrumentRequests.isEmpty)
        let both = try plans(venue, "quotes,account", symbols: ["BTC-USDT"])
        #expect(both.map { $0.account != nil } == [false, true])
        #expect(both.map(\.part) == ["public", "account"])
        #expect(throws: VenueOptionError.self) { try plans(venue, "quotes,account") }
    }

    /// A client and a server of a venue that exchange messages.
    private struct Conversation {
        var client: any VenueDialect
        var session: any VenueSession
        var outcome = DialectOutcome()
        var answers: [String] = []

        init(_ venue: Venue, _ plan: VenuePlan, client: AccountKeys, server: AccountKeys) throws {
            var setting = SimulationSetting(seed: 1, ratePerSecond: 1, start: now)
            setting.keys = server
            let simulation = try venue.definition.simulation(VenueOptionValues(), setting)
            let target = plan.target("")
            let path = String(target.prefix { $0 != "?" })
            let place = try #require(simulation.server.place(ofPath: path))
            session = simulation.server.makeSession(at: place, target: target)
            self.client = try #require(plan.account).makeDialect(client)
        }

        mutating func run() {
            var outgoing = MessageBatch()
            client.open(now: now, outgoing: &outgoing)
            while !outgoing.isEmpty {
                var replies = MessageBatch()
                for index in outgoing.entries.indices {
                    _ = outgoing.withPayload(at: index) {
                        session.receive($0, kind: .text, replies: &replies)
                    }
                }
                var received = MessageBatch()
                for text in texts(replies) { received.append(text.utf8, direction: .received, tsRecv: now) }
                answers += texts(replies)
                outgoing = MessageBatch()
                var events = MarketEvents()
                outcome = client.receive(received, now: now, events: &events, outgoing: &outgoing)
            }
        }
    }

    private static let messaging: [Venue] = [.bybitSpot, .bybitLinear, .okx, .deribit]

    @Test("a client logs in and then subscribes to everything", arguments: messaging)
    func login(_ venue: Venue) throws {
        let plan = try #require(try plans(venue, "account").first)
        var conversation = try Conversation(venue, plan, client: Self.keys(), server: Self.keys())
        conversation.run()
        #expect(conversation.outcome.isSubscribed && conversation.outcome.refusals.isEmpty, "\(conversation.answers)")
        #expect(conversation.session.report.count >= 2 && conversation.session.report.refused.isEmpty)
    }

    @Test("a wrong signature is refused for good, a late one only for now", arguments: messaging)
    func refused(_ venue: Venue) throws {
        let plan = try #require(try plans(venue, "account").first)
        var wrong = try Conversation(venue, plan, client: Self.keys(secret: "other"), server: Self.keys())
        wrong.run()
        #expect(wrong.outcome.ending?.kind == .refused && wrong.outcome.ending?.isReturnWelcome == false)
        #expect(wrong.outcome.refusals.map(\.name) == ["login"])
        #expect(!wrong.session.isSubscribed && !wrong.client.isSubscribed)
        let late = Self.keys(at: Self.now.advanced(by: .seconds(-120)))
        var expired = try Conversation(venue, plan, client: late, server: Self.keys())
        expired.run()
        #expect(expired.outcome.ending?.kind == .refused)
        // Deribit has one answer for both.
        #expect(expired.outcome.ending?.isReturnWelcome == (venue != .deribit))
    }

    @Test("what the venue repeats of a key is not stored", arguments: venues)
    func repeated(_ venue: Venue) {
        var redactor = venue.makeRedactor(secrets: FeedSecrets(["KEY-0123456789", "short"]))
        var batch = MessageBatch()
        for text in [
            #"{"msg":"bad KEY-0123456789!"}"#, #"{"method":"","msg":"KEY-\u0030123456789"}"#, #"{"msg":"short"}"#,
        ] {
            batch.append(text.utf8, direction: .received, tsRecv: Self.now)
        }
        redactor.redact(&batch)
        #expect(texts(batch) == [#"{"msg":"bad ***!"}"#, #"{"method":"","msg":"***"}"#, #"{"msg":"short"}"#])
        #expect(batch.entries.map(\.isRedacted) == [true, true, false])
    }
}
