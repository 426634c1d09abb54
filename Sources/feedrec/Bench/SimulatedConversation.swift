import MarketModel
import Venues

/// A dialect and the messages that a venue's own simulation sends to it, without a socket.
struct SimulatedConversation {
    let dialect: any VenueDialect
    let messages: MessageBatch

    /// Subscribes to `values`, and takes at least `count` messages of each connection that they need.
    ///
    /// A connection has fewer if the simulation has no more for it.
    static func conversations(
        with venue: Venue,
        _ values: VenueOptionValues,
        path: String,
        count: Int,
        seed: UInt64
    ) throws(VenueOptionError) -> [SimulatedConversation] {
        let setting = SimulationSetting(seed: seed, ratePerSecond: 1000, start: start)
        let simulation = try venue.definition.simulation(VenueOptionValues(), setting)
        let plans = try venue.definition.plans(values) { _ in nil }
        return plans.map { plan in
            let target = plan.target(plan.defaultURL.map(path(ofURL:)) ?? path)
            return SimulatedConversation(plan, simulation, target: target, count: count)
        }
    }

    /// Subscribes to `values` on the first connection that they need, and calls `body` with what it gets, a part at a
    /// time: the answers, and then at least `count` messages, if the simulation has that many.
    static func forEachBatch(
        with venue: Venue,
        _ values: VenueOptionValues,
        path: String,
        count: Int,
        seed: UInt64,
        _ body: (MessageBatch) throws -> Void
    ) throws {
        let setting = SimulationSetting(seed: seed, ratePerSecond: 1000, start: start, hasEnd: false)
        let simulation = try venue.definition.simulation(VenueOptionValues(), setting)
        let plans = try venue.definition.plans(values) { _ in nil }
        guard let plan = plans.first else { return }
        var dialect = plan.makeDialect(.seconds(30))
        let target = plan.target(plan.defaultURL.map(Self.path(ofURL:)) ?? path)
        guard var session = Self.session(simulation, target: target) else { return }
        try body(open(&dialect, &session))
        try play(simulation, session, count: count, body)
    }

    private static func session(_ simulation: VenueSimulation, target: String) -> (any VenueSession)? {
        let path = String(target.prefix { $0 != "?" })
        return simulation.server.place(ofPath: path).map { simulation.server.makeSession(at: $0, target: target) }
    }

    /// Calls `body` with the tape of a session, a part at a time, until it has had `count` messages.
    private static func play(
        _ simulation: VenueSimulation,
        _ session: any VenueSession,
        count: Int,
        _ body: (MessageBatch) throws -> Void
    ) rethrows {
        var session = session
        var simulator = simulation.makeSimulator()
        var total = 0
        while total < count {
            var (tape, delivered) = (MessageBatch(), MessageBatch())
            guard simulator.next(256, for: session, into: &tape) > 0 else { return }
            session.deliver(tape, 0..<tape.count, into: &delivered)
            for index in delivered.entries.indices { delivered.entries[index].direction = .received }
            total += delivered.count
            try body(delivered)
        }
    }

    /// 2026-01-05T09:30:00Z.
    static let start = UnixNanoseconds(1_767_605_400_000_000_000)
    /// Dialects send at most some requests a second.
    private static let openingSecondsMax = 120

    private init(_ plan: VenuePlan, _ simulation: VenueSimulation, target: String, count: Int) {
        var dialect = plan.makeDialect(.seconds(30))
        var messages = MessageBatch()
        if var session = Self.session(simulation, target: target) {
            _ = Self.open(&dialect, &session)
            Self.play(simulation, session, count: count) { batch in
                for index in 0..<batch.count { messages.append(messageAt: index, of: batch) }
            }
        }
        self.dialect = dialect
        self.messages = messages
    }

    /// Carries messages between both sides until the dialect has sent all requests; returns the answers.
    private static func open(_ dialect: inout any VenueDialect, _ session: inout any VenueSession) -> MessageBatch {
        var answers = MessageBatch()
        var events = MarketEvents()
        var now = start
        var outgoing = MessageBatch()
        dialect.open(now: now, outgoing: &outgoing)
        for _ in 0..<openingSecondsMax {
            while !outgoing.isEmpty {
                var replies = MessageBatch()
                for index in 0..<outgoing.count where outgoing.entries[index].kind != .rest {
                    outgoing.withPayload(at: index) { payload in
                        _ = session.receive(payload, kind: outgoing.entries[index].kind, replies: &replies)
                    }
                }
                for index in replies.entries.indices { replies.entries[index].direction = .received }
                for index in 0..<replies.count { answers.append(messageAt: index, of: replies) }
                outgoing = MessageBatch()
                events.removeAll()
                _ = dialect.receive(replies, now: now, events: &events, outgoing: &outgoing)
            }
            now = now.advanced(by: .seconds(1))
            dialect.keepAlive(now: now, outgoing: &outgoing)
            if outgoing.isEmpty, dialect.isSubscribed { return answers }
        }
        return answers
    }

    /// The path and the query of a URL.
    static func path(ofURL url: String) -> String {
        guard let scheme = url.firstRange(of: "://") else { return url }
        return url[scheme.upperBound...].firstIndex(of: "/").map { String(url[$0...]) } ?? "/"
    }
}

extension Venue {
    /// The options of the venue's first example of recording, and the path of its URL.
    var exampleOptions: (values: VenueOptionValues, path: String) {
        let examples = definition.examples
        let commands = (examples.firstSession + examples.recording).filter { $0.hasPrefix("feedrec record") }
        let words = (commands.first ?? "").split(whereSeparator: \.isWhitespace).map(String.init)
        var texts: [String: [String]] = [:]
        for (index, word) in words.enumerated() where word.hasPrefix("--") {
            let next = index + 1 < words.count ? words[index + 1] : "--"
            texts[word, default: []].append(next.hasPrefix("--") ? "true" : next)
        }
        var values = VenueOptionValues()
        for option in definition.options(for: .recording) {
            if let given = texts[option.flag] { values.set(option, given) }
        }
        let url = texts["--url"]?.first ?? definition.defaultURL
        return (values, url.map(SimulatedConversation.path(ofURL:)) ?? definition.examplePaths.first ?? "/")
    }
}
