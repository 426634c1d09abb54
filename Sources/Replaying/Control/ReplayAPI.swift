import Archive
import JSONScanning
import MarketModel
import Synchronization
import Transport
import Venues
import WebSocketProtocol

/// The HTTP API of docs/REPLAY.md: the tape's contents, the connected clients, and control of every session.
struct ReplayAPI: Sendable {
    let desk: ReplayDesk
    private let limiter = CommandLimiter(perSecond: 200)
    private let turns = TurnQueue()

    init(_ desk: ReplayDesk) {
        self.desk = desk
    }

    /// Answers requests to `/api/…` and `/metrics`; `nil` for other paths.
    ///
    /// The caller has already checked access.
    func respond(to request: HTTPRequest) async -> HTTPResponse? {
        let path = request.head.path
        guard path == "/metrics" || path == "/api" || path.hasPrefix("/api/") else { return nil }
        do throws(APIError) {
            let parts = path.split(separator: "/").dropFirst().map(String.init)
            return try await answer(request, parts, try Self.query(of: request.head, parts))
        } catch {
            return error.response
        }
    }

    private typealias Query = [(name: String, value: String)]

    /// Returns the query.
    ///
    /// A parameter that the path does not have is an error.
    private static func query(of head: HTTPRequestHead, _ parts: [String]) throws(APIError) -> Query {
        let known: [String] =
            switch parts {
            case ["bars"]: BarOrder.parameters
            case ["prices"]: ["at"]
            default: []
            }
        let query: Query
        do throws(QueryProblem) {
            query = try head.checkedQuery()
        } catch {
            throw .badRequest(error.description)
        }
        for item in query where item.name != "access_token" && !known.contains(item.name) {
            let hint = Suggestion.hint(for: item.name, among: known)
            throw .badRequest("there is no parameter '\(item.name.prefix(40))'\(hint)")
        }
        return query
    }

    private func answer(_ request: HTTPRequest, _ parts: [String], _ query: Query) async throws(APIError)
        -> HTTPResponse
    {
        if request.head.path == "/metrics" {
            try allow("GET", request)
            return HTTPResponse(
                status: 200,
                text: ReplayMetrics.text(of: desk.registry),
                contentType: "text/plain; version=0.0.4; charset=utf-8"
            )
        }
        switch (parts.first, parts.count) {
        case ("sessions", 1): return try get(request) { sessions }
        case ("sessions", 2): return try get(request, session(parts[1]))
        case ("sessions", 3): return try await control(try session(parts[1]), parts[2], request)
        case ("clocks", 1): return try get(request) { clocks }
        case ("clocks", 2): return try get(request, clock(parts[1]))
        case ("clocks", 3): return try await control(try clock(parts[1]), parts[2], request)
        case ("tape", 1), ("instruments", 1), ("timeline", 1), ("bars", 1), ("prices", 1):
            try allow("GET", request)
            return try await read(parts[0], query)
        default: throw .notFound("there is no '\(request.head.path.prefix(100))'")
        }
    }

    private func allow(_ method: String, _ request: HTTPRequest) throws(APIError) {
        let isAllowed = request.head.method == method || (method == "GET" && request.head.method == "HEAD")
        guard isAllowed else { throw .methodNotAllowed(method) }
    }

    // MARK: Sessions and clocks

    private func get(_ request: HTTPRequest, _ json: () -> String) throws(APIError) -> HTTPResponse {
        try allow("GET", request)
        return HTTPResponse(json: json())
    }

    private func get(_ request: HTTPRequest, _ target: ControlTarget) throws(APIError) -> HTTPResponse {
        try allow("GET", request)
        return HTTPResponse(json: target.json(now: desk.now()))
    }

    private var sessions: String {
        let now = desk.now()
        let list = desk.registry.all.map { SessionStatus($0, now: now).json() }
        return #"{"sessions":["# + list.joined(separator: ",") + "]}"
    }

    private var clocks: String {
        let now = desk.now()
        let list = desk.clocks.all(now: now).map { ClockStatus($0, now: now).json }
        return #"{"clocks":["# + list.joined(separator: ",") + "]}"
    }

    private func session(_ text: String) throws(APIError) -> ControlTarget {
        guard let id = Int(text), let record = desk.registry.find(id) else {
            throw .notFound("there is no session \(text.prefix(20))")
        }
        return .session(record)
    }

    private func clock(_ name: String) throws(APIError) -> ControlTarget {
        guard let clock = desk.clocks.find(name) else { throw .notFound("there is no clock '\(name.prefix(64))'") }
        return .clock(clock)
    }

    private func control(
        _ target: ControlTarget,
        _ name: String,
        _ request: HTTPRequest
    ) async throws(APIError) -> HTTPResponse {
        try allow("POST", request)
        let now = desk.now()
        guard limiter.admits(at: now) else { throw .tooMany }
        let deckError: DeckError?
        do throws(DeckError) {
            guard request.body.count <= EventOutlet.commandBytesMax else {
                throw DeckError(.tooLong, "a command has at most \(EventOutlet.commandBytesMax) bytes")
            }
            let parsed = request.body.withUnsafeBytes { bytes in
                Result { () throws(DeckError) in try DeckCommand.parse(name, members: bytes) }
            }
            let command = try parsed.get()
            desk.registry.countCommand()
            try target.clock.apply(command, now: now)
            deckError = nil
        } catch {
            deckError = error
        }
        if let deckError { throw APIError(deckError) }
        await desk.waitForStep(of: target.clock)
        return HTTPResponse(json: target.json(now: desk.now()))
    }

    // MARK: Tape contents

    /// Reads files on the pool, because disk reads must not block task threads.
    private func read(_ what: String, _ query: Query) async throws(APIError) -> HTTPResponse {
        let paths = ["/replay"] + desk.catalogPaths
        let reading = TapeReading(
            catalog: desk.catalog,
            range: desk.offeredRange,
            symbols: desk.options.defaults.symbols
        )
        let speed = desk.options.defaults.speed
        guard await turns.enter() else { throw .tooMany }
        defer { turns.leave() }
        let result: Result<String, APIError>
        do {
            result = try await desk.pool.run {
                do throws(APIError) {
                    switch what {
                    case "tape": return .success(try reading.tape(paths: paths, speed: speed))
                    case "instruments": return .success(try reading.instruments())
                    case "timeline": return .success(try reading.timeline())
                    case "prices": return .success(try reading.prices(query))
                    default: return .success(try reading.bars(query))
                    }
                } catch {
                    return .failure(error)
                }
            }
        } catch {
            throw .unreadable
        }
        return HTTPResponse(json: try result.get())
    }
}

/// The target of a control request.
private enum ControlTarget: Sendable {
    case session(SessionRecord)
    case clock(PlaybackClock)

    var clock: PlaybackClock {
        switch self {
        case .session(let record): record.clock
        case .clock(let clock): clock
        }
    }

    func json(now: Int64) -> String {
        switch self {
        case .session(let record): SessionStatus(record, now: now).json()
        case .clock(let clock): ClockStatus(clock, now: now).json
        }
    }
}

/// A rate limit shared by all clients.
final class CommandLimiter: Sendable {
    private let limiter: Synchronization.Mutex<RateLimiter>

    init(perSecond: Int) {
        limiter = Synchronization.Mutex(RateLimiter(perSecond: perSecond))
    }

    func admits(at now: Int64) -> Bool { limiter.withLock { $0.admits(at: now) } }
}
