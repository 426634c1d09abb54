package import Archive
import MarketModel
package import Transport
package import Venues
package import WebSocketProtocol

/// Serves recordings: on the venues' own paths to their clients, on `/replay` to backtests.
package struct ReplayServer<C: Clock>: WebSocketServerHandler where C.Duration == Duration {
    package struct Selection: Sendable {
        package var range: ReadRange
        /// The symbols wanted; `nil` for all.
        package var symbols: Set<String>?

        package init(range: ReadRange = ReadRange(), symbols: Set<String>? = nil) {
            self.range = range
            self.symbols = symbols
        }
    }

    private let readers: [ArchiveReader]
    private let selection: Selection
    private let policy: ServingPolicy
    private let access: AccessControl
    private let clock: C
    private let host: VenueHost<C>

    package init(readers: [ArchiveReader], selection: Selection, policy: ServingPolicy, clock: C) throws(ArchiveError) {
        self.readers = readers
        self.selection = selection
        self.policy = policy
        self.access = AccessControl(token: policy.token, allowedOrigins: policy.allowedOrigins)
        self.clock = clock
        var policy = policy
        let hub = try RecordedHub(readers)
        policy.hubPaths.formUnion(hub.paths)
        policy.hubBehavior.recorded = hub.recorded
        var names: Set<String> = []
        for reader in readers { names.formUnion(try reader.feeds().map(\.venue)) }
        host = VenueHost(
            venues: Venue.allCases.filter { names.contains($0.rawValue) },
            policy: policy,
            clock: clock
        ) { venue in
            try ArchiveTape(readers: readers, venue: venue, range: selection.range)
        }
    }

    /// The venues whose clients can connect.
    package var venues: [Venue] { host.venues }

    package func respond(to request: HTTPRequest) async -> HTTPResponse {
        if let answer = host.respond(to: request) { return answer }
        switch request.head.path {
        case "/": return HTTPResponse(status: 200, text: welcome)
        case "/replay": return HTTPResponse(status: 426, text: "this is a WebSocket endpoint")
        default: return .notFound
        }
    }

    private var welcome: String {
        let paths = host.venues.flatMap(\.examplePaths) + ["/replay?speed=max"]
        return "feedrec replay: connect with a WebSocket client to one of\n"
            + paths.map { "  \($0)\n" }.joined()
    }

    package func accept(_ request: HTTPRequestHead) async -> UpgradeDecision {
        guard request.path == "/replay" else { return host.accept(request) }
        guard access.admitsOrigin(of: request) else { return .reject(.foreignOrigin) }
        guard access.admits(request) else { return .reject(.unauthorized) }
        do {
            _ = try normalizedRequest(request)
            return .accept(subprotocol: nil)
        } catch {
            return .reject(HTTPResponse(status: 400, text: error.description))
        }
    }

    package func serve(_ connection: WebSocketConnection, request: HTTPRequestHead) async {
        guard request.path == "/replay" else { return await host.serve(connection, request: request) }
        guard let wanted = try? normalizedRequest(request) else { return }
        await NormalizedPlayback(connection: connection, readers: readers, request: wanted, clock: clock).run()
    }

    private func normalizedRequest(_ request: HTTPRequestHead) throws(BadQuery) -> NormalizedRequest {
        var wanted = NormalizedRequest(symbols: selection.symbols, range: selection.range, speed: policy.speed)
        try wanted.narrow(by: request.queryItems)
        return wanted
    }
}
