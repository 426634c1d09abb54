import Archive
package import MarketModel
import Synchronization
package import Telemetry
import Transport
package import Venues
import WebSocketProtocol

/// A replay server's settings for all clients.
package struct ReplayOptions: Sendable {
    /// The request of a client that sets nothing.
    ///
    /// Clients may narrow symbols and times, but not widen them.
    package var defaults = SessionRequest()
    /// A tape starts after a venue's client has been quiet for this long; `nil` for the rule in docs/REPLAY.md.
    package var settling: Duration?
    /// The bearer token that clients must present; `nil` admits everyone.
    package var token: String?
    /// Origins of pages that may connect, in addition to those of this machine.
    package var allowedOrigins: Set<String> = []
    /// Whether to wake early and spin, which costs a fifth of a core per client.
    package var isPrecise = false
    /// The web page at `/`.
    package var page: (any ReplayPage)?
    /// Called with the report of each session that has ended.
    package var report: (@Sendable (SessionReport) -> Void)?
    /// The wall clock, for `rebase=now`.
    package var wallNow: @Sendable () -> UnixNanoseconds = { UnixNanoseconds(0) }

    package init() {}
}

/// The results of one session.
package struct SessionReport: Sendable {
    package let id: Int
    /// `replay` or the name of the venue.
    package let name: String
    package let client: String
    package let messages: Int64
    package let bytes: Int64
    /// The lateness of paced messages.
    package let lateness: DurationHistogram
    /// The time it took to hand these messages to the kernel.
    package let writes: DurationHistogram
    /// The results of its subscriptions; `nil` for a client of `/replay`.
    package let subscriptions: SubscriptionReport?
    /// Subscriptions without any message on the tape; at most ``SubscriptionReport/namesMax`` names.
    package let unanswered: [String]
    /// SHA-256 over everything sent since the start or the last seek, with a line feed after each message.
    package let digest: String?
    /// For example `end of the tape` or `stopped`.
    package let ending: String
}

/// Creates and tracks the sessions of a replay server.
final class ReplayDesk: Sendable {
    let catalog: TapeCatalog
    let options: ReplayOptions
    let pool: any BlockingPool
    let registry = SessionRegistry()
    let clocks = ClockDirectory()
    private let timers: PlaybackTimers
    /// The venues whose clients can connect.
    let venues: [Venue]
    /// What clients may subscribe to.
    private let inventory: TapeInventory
    private let breaks: [Venue: [TapeBreak]]
    private let gaps: [Range<Int64>]
    /// True if there are order books on the tape.
    private let hasBooks: Bool

    /// Makes a desk for the tape in `catalog`.
    ///
    /// With `readsMessages` it knows what venue clients may subscribe to.
    ///
    /// Throws ``BadRequest`` if the options ask for something that the tape does not have.
    init(
        _ catalog: TapeCatalog,
        options: ReplayOptions,
        pool: any BlockingPool,
        timers: PlaybackTimers,
        readsMessages: Bool
    ) throws {
        var options = options
        inventory = try TapeInventory(catalog, readsMessages: readsMessages)
        // A recorder that is followed may add symbols later.
        if let symbols = options.defaults.symbols, !options.defaults.follows {
            options.defaults.symbols = try inventory.resolve(symbols)
        }
        try options.defaults.checkTimes(start: catalog.bounds?.lowerBound ?? 0)
        self.catalog = catalog
        self.options = options
        self.pool = pool
        self.timers = timers
        venues = try catalog.venues()
        var breaks: [Venue: [TapeBreak]] = [:]
        for venue in venues { breaks[venue] = try catalog.breaks(of: venue) }
        self.breaks = breaks
        gaps = try catalog.gaps()
        hasBooks = try catalog.hasBooks()
    }

    /// The monotonic clock of the sessions, in nanoseconds.
    func now() -> Int64 { timers.now() }

    /// Refuses a query with any parameter but the token.
    func checkPlain(_ head: HTTPRequestHead) throws(BadRequest) {
        for (name, _) in try query(of: head) where name != "access_token" {
            throw BadRequest(description: "there is no parameter '\(name.prefix(40))'")
        }
    }

    private func query(of head: HTTPRequestHead) throws(BadRequest) -> [(name: String, value: String)] {
        do {
            return try head.checkedQuery()
        } catch {
            throw BadRequest(description: error.description)
        }
    }

    /// Returns what a client asks for in its URL; `venue` is `nil` for a client of `/replay`.
    func request(_ head: HTTPRequestHead, _ venue: Venue?) throws(BadRequest) -> SessionRequest {
        let query = try query(of: head)
        var request = options.defaults
        request.symbols = nil
        try request.apply(query, by: venue.map { .venue($0) } ?? .events, start: catalog.bounds?.lowerBound ?? 0)
        if venue != nil, request.clock == nil { request.clock = ClientName.inPath(head.path) }
        if let symbols = request.symbols, !request.follows { request.symbols = try inventory.resolve(symbols) }
        if let offered = options.defaults.symbols {
            request.symbols = request.symbols?.intersection(offered) ?? offered
        }
        let offer = venue.flatMap { self.offer(of: $0, for: request) }
        if let reason = venue?.definition.refusal(ofTarget: head.target, offer: offer) {
            throw BadRequest(description: reason)
        }
        return request
    }

    /// Returns what a venue's client may subscribe to; `nil` for anything.
    private func offer(of venue: Venue, for request: SessionRequest) -> VenueOffer? {
        guard request.absent == .refuse, !request.follows, let offer = inventory.offers[venue] else { return nil }
        return options.defaults.symbols.map { offer.restricted(to: $0, at: venue) } ?? offer
    }

    /// Example paths for venue clients.
    var catalogPaths: [String] { venues.flatMap(\.definition.examplePaths) }

    /// The part of the tape that clients may get.
    var offeredRange: ReadRange { options.defaults.range(within: catalog.bounds) }

    /// Returns the part of the tape for one client.
    private func range(of request: SessionRequest) -> ReadRange {
        let offered = options.defaults.range(within: catalog.bounds)
        let wanted = request.range(within: catalog.bounds)
        return ReadRange(from: max(offered.from, wanted.from), to: min(offered.to, wanted.to))
    }

    func bounds(of range: ReadRange) -> ClosedRange<Int64>? {
        guard let bounds = catalog.bounds else { return nil }
        let first = max(bounds.lowerBound, range.from.rawValue)
        let last = range.to.rawValue == .max ? bounds.upperBound : min(bounds.upperBound, range.to.rawValue - 1)
        return first <= last ? first...last : nil
    }

    /// Waits until the events of a step have been sent, at most 5 s, because a client may have stopped reading.
    func waitForStep(of clock: PlaybackClock) async {
        await clock.waitForStep(until: timers.common.now + 5_000_000_000, timers.common)
    }

    // MARK: Sessions

    /// Plays the venue's messages to one of its clients.
    func play(
        to connection: WebSocketConnection,
        _ head: HTTPRequestHead,
        _ venue: Venue,
        _ session: any VenueSession
    ) async {
        guard var request = try? request(head, venue) else { return }
        var session = session
        if let offer = offer(of: venue, for: request) { session.refuse(beyond: offer) }
        let breaks = request.breaks == .close ? breaks[venue] ?? [] : []
        if request.breaks == .close, request.clock == nil {
            // The clock must outlive the connection.
            request.clock = "@\(head.path) \(Self.host(ofAddress: connection.info.remoteAddress ?? ""))"
        }
        let range = range(of: request)
        let chunks = ReadAhead(
            VenueReader(
                catalog,
                venue: venue,
                range: range,
                follows: request.follows,
                symbols: options.defaults.symbols
            ),
            pool: pool
        )
        await run(
            connection,
            head,
            name: venue.name,
            request: request,
            range: range,
            breaks: breaks,
            chunks: chunks,
            outlet: VenueOutlet(
                session,
                hasher: MessageHasher(pool: pool),
                hasSnapshots: venue.definition is any SnapshotVenue && (hasBooks || request.follows),
                observe: nil
            )
        )
    }

    /// Plays events to a client of `/replay`.
    func playEvents(to connection: WebSocketConnection, _ head: HTTPRequestHead) async {
        guard let request = try? request(head, nil) else { return }
        let order = order(for: request)
        await run(
            connection,
            head,
            name: "replay",
            request: request,
            range: order.range,
            breaks: [],
            chunks: ReadAhead(EventReader(catalog, order), pool: pool),
            outlet: EventOutlet(hasBars: !request.intervals.isEmpty, kinds: request.kinds)
        )
    }

    func order(for request: SessionRequest) -> EventOrder {
        var order = EventOrder()
        order.range = range(of: request)
        order.selection = EventSelection(symbols: request.symbols, kinds: request.kinds)
        order.selection.bookDepth = request.depth
        order.intervals = request.intervals
        order.follows = request.follows
        if request.rebasesToNow, let start = bounds(of: order.range)?.lowerBound {
            order.shift = options.wallNow().rawValue.subtractingSaturated(start)
        }
        return order
    }

    private func run(
        _ connection: WebSocketConnection,
        _ head: HTTPRequestHead,
        name: String,
        request: SessionRequest,
        range: ReadRange,
        breaks: [TapeBreak],
        chunks: any ChunkSource,
        outlet: sending any PlaybackOutlet
    ) async {
        let timer = timers.timer(connection, options.isPrecise)
        let bounds = bounds(of: range)
        let record: SessionRecord
        do throws(DeckError) {
            record = SessionRecord(
                id: registry.makeID(),
                path: head.path,
                name: name,
                client: connection.info.remoteAddress ?? "",
                clock: try playbackClock(for: request, bounds: bounds, now: timer.now),
                bounds: bounds
            )
        } catch {
            await connection.close(code: 1013, reason: error.description)
            return
        }
        let player = TapePlayer(
            record: record,
            registry: registry,
            chunks: chunks,
            sink: connection,
            outlet: outlet,
            policy: policy(for: request, breaks: breaks),
            timer: timer,
            executor: connection.executor
        )
        registry.add(record)
        let ending = await SessionRunner(connection: connection, player: player).run()
        registry.remove(record)
        if let name = record.clock.name, name.hasPrefix("@"), ending == .endOfTape || ending == .stopped {
            clocks.forget(name)
        }
        options.report?(SessionReport(record, ending))
    }

    private func playbackClock(
        for request: SessionRequest,
        bounds: ClosedRange<Int64>?,
        now: Int64
    ) throws(DeckError) -> PlaybackClock {
        let skips = request.breaks == .skip ? gaps : []
        guard let name = request.clock else { return PlaybackClock(request.deck(bounds: bounds, skips: skips)) }
        // A shared clock covers everything that clients may get.
        let shared = self.bounds(of: options.defaults.range(within: catalog.bounds))
        return try clocks.clock(named: name, now: now) { request.deck(bounds: shared, skips: skips) }
    }

    private func policy(for request: SessionRequest, breaks: [TapeBreak]) -> PlayerPolicy {
        var policy = PlayerPolicy()
        policy.startAfter = request.startAfter ?? options.settling
        policy.subscriptionsMin = request.subscriptionsMin
        policy.lagLimit = request.lagLimit
        policy.lagRule = request.lagRule
        policy.end = request.end
        policy.joinsAtStart = request.joinsAtStart
        policy.breaks = breaks
        policy.statusInterval = request.statusInterval
        return policy
    }

    /// The part of `address:port` before the port.
    static func host(ofAddress address: String) -> Substring {
        address.lastIndex(of: ":").map { address[..<$0] } ?? address[...]
    }
}

extension SessionReport {
    init(_ record: SessionRecord, _ ending: PlayerEnding) {
        let figures = record.figures
        id = record.id
        name = record.name
        client = record.client
        messages = figures.messages
        bytes = figures.bytes
        lateness = figures.lateness
        writes = figures.writes
        digest = figures.digest
        subscriptions = figures.report
        unanswered = figures.unanswered
        self.ending = ending.text
    }
}

extension PlayerEnding {
    var text: String {
        switch self {
        case .endOfTape: "end of the tape"
        case .stopped: "stopped"
        case .unreadable: "the recording cannot be read"
        case .lagging(let reason): reason
        case .refused(_, let reason): reason.isEmpty ? "closed" : reason
        case .broken: "a recorded break"
        case .gone: "the client left"
        }
    }
}

extension BlockingPool {
    /// Runs `body` on a thread of the pool.
    func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            submit { continuation.resume(with: Result { try body() }) }
        }
    }
}
