import Archive
package import Transport
package import Venues
package import WebSocketProtocol

/// Serves recordings: on the venues' own paths to their clients, on `/replay` to backtests, and on `/api` for control.
package struct ReplayServer: WebSocketServerHandler {
    private let desk: ReplayDesk
    private let api: ReplayAPI
    private let access: AccessControl
    private let origins: OriginPolicy
    private let host: VenueHost
    private let rest: VenueRESTDesk
    private let notServed: HTTPResponse

    /// Makes a server of the tape in `catalog`, which is read on threads of `pool`.
    ///
    /// Throws ``ArchiveError``, or ``BadRequest`` if the options ask for something that the tape does not have.
    /// `timers` pace the tapes.
    package init(
        _ catalog: TapeCatalog,
        options: ReplayOptions,
        pool: any BlockingPool,
        timers: PlaybackTimers
    ) throws {
        let desk = try ReplayDesk(catalog, options: options, pool: pool, timers: timers, readsMessages: true)
        self.desk = desk
        api = ReplayAPI(desk)
        access = AccessControl(token: options.token)
        origins = OriginPolicy(allowed: options.allowedOrigins, hasToken: options.token != nil)
        var policy = ServingPolicy(speed: options.defaults.speed)
        policy.symbols = desk.options.defaults.symbols
        policy.token = options.token
        policy.allowedOrigins = options.allowedOrigins
        // Without its mapping, a feed cannot be restricted to the symbols.
        if policy.symbols != nil { for reader in catalog.readers { try reader.checkMappings() } }
        rest = try VenueRESTDesk(desk)
        let served = try RecordedVenues.servers(of: desk.venues, catalog.readers)
        let notServed = HTTPResponse.notServed(by: "feedrec replay", paths: desk.catalogPaths + ["/replay?speed=max"])
        self.notServed = notServed
        host = VenueHost(served, policy: policy, notServed: notServed) { connection, request, visit in
            await desk.play(to: connection, request, visit.venue, visit.session)
        }
    }

    /// The venues whose clients can connect.
    package var venues: [Venue] { host.venues }

    package func respond(to request: HTTPRequest) async -> HTTPResponse {
        guard origins.admits(request.head) else { return APIError.forbidden.response }
        if request.head.method == "POST", let refusal = refusal(ofNegotiation: request.head) { return refusal }
        if let answer = host.respond(to: request) { return answer }
        return await answer(request).allowingOrigin(of: request.head)
    }

    /// Refuses a negotiation with a bad query.
    ///
    /// Clients connect with the same query, and here they see what is wrong.
    private func refusal(ofNegotiation request: HTTPRequestHead) -> HTTPResponse? {
        guard let venue = host.venue(of: request), host.admits(request) else { return nil }
        do throws(BadRequest) {
            _ = try desk.request(request, venue)
            return nil
        } catch {
            return HTTPResponse(status: 400, text: error.description).allowingOrigin(of: request)
        }
    }

    private func answer(_ request: HTTPRequest) async -> HTTPResponse {
        // A browser's preflight request has no token.
        if request.head.method == "OPTIONS" { return HTTPResponse(status: 204) }
        if Self.ownPaths.contains(request.head.path) {
            return HTTPResponse(status: 426, text: "this is a WebSocket endpoint")
        }
        if let asset = desk.options.page?.asset(path: request.head.path) { return page(asset, request.head.method) }
        if request.head.path == "/" { return HTTPResponse(status: 200, text: welcome) }
        guard access.admits(request.head) else { return APIError.unauthorized.response }
        if let answer = await rest.answer(request) { return answer }
        return await api.respond(to: request) ?? notServed
    }

    /// The page contains no data, so it is served without the token.
    private func page(_ asset: ReplayAsset, _ method: String) -> HTTPResponse {
        guard method == "GET" || method == "HEAD" else { return APIError.methodNotAllowed("GET").response }
        var headers = asset.headers
        headers.append("Content-Type", asset.contentType)
        return HTTPResponse(status: 200, headers: headers, body: asset.bytes)
    }

    private var welcome: String {
        let paths = desk.catalogPaths + ["/replay?speed=max"]
        return "feedrec replay: connect with a WebSocket client to one of\n"
            + paths.map { "  \($0)\n" }.joined()
            + "and control the connected sessions by HTTP under /api/sessions\n"
    }

    package func accept(_ request: HTTPRequestHead) async -> UpgradeDecision {
        guard origins.admits(request) else { return .reject(APIError.forbidden.response) }
        let isOwn = Self.ownPaths.contains(request.path)
        let venue = host.venue(of: request)
        guard isOwn || venue != nil else { return .reject(notServed) }
        // Only clients that may connect learn what the tape has.
        guard isOwn ? access.admits(request) : host.admits(request) else { return .reject(.unauthorized) }
        do throws(BadRequest) {
            if request.path == Self.echoPath {
                try desk.checkPlain(request)
            } else {
                _ = try desk.request(request, isOwn ? nil : venue)
            }
        } catch {
            return .reject(HTTPResponse(status: 400, text: error.description))
        }
        return isOwn ? .accept(subprotocol: nil) : host.accept(request)
    }

    /// Sends every message back, for testing a connection.
    private static var echoPath: String { "/echo" }
    private static var ownPaths: Set<String> { ["/replay", echoPath] }

    /// A hub's clients get a goodbye before the connection is closed.
    package var saysGoodbye: Bool { true }

    package func serve(_ connection: WebSocketConnection, request: HTTPRequestHead) async {
        switch request.path {
        case "/replay": await desk.playEvents(to: connection, request)
        case Self.echoPath: await EchoServer().serve(connection, request: request)
        default: await host.serve(connection, request: request)
        }
    }
}
