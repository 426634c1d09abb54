package import Transport
package import Venues
package import WebSocketProtocol

/// A venue, and the server that answers its clients.
package struct ServedVenue: Sendable {
    package let venue: Venue
    package let server: any VenueServer

    package init(_ venue: Venue, _ server: any VenueServer) {
        self.venue = venue
        self.server = server
    }
}

/// Admits the unmodified clients of venues, and plays to them.
///
/// Recordings and simulators are served in the same way; they differ only in `play`.
package struct VenueHost: Sendable {
    /// Plays to a client until it has left or the tape has ended.
    package typealias Play = @Sendable (WebSocketConnection, HTTPRequestHead, VenueVisit) async -> Void

    private let served: [ServedVenue]
    private let symbols: Set<String>?
    private let access: AccessControl
    private let origins: OriginPolicy
    private let negotiated = NegotiatedConnections()
    private let notServed: HTTPResponse
    private let play: Play

    /// Makes a host that refuses connections to the paths of no venue with `notServed`.
    package init(_ served: [ServedVenue], policy: ServingPolicy, notServed: HTTPResponse, play: @escaping Play) {
        self.served = served
        self.notServed = notServed
        symbols = policy.symbols
        access = AccessControl(token: policy.token)
        origins = OriginPolicy(allowed: policy.allowedOrigins, hasToken: policy.token != nil)
        self.play = play
    }

    package var venues: [Venue] { served.map(\.venue) }

    /// Returns the served venue that has this path.
    package func venue(of request: HTTPRequestHead) -> Venue? { place(request.path)?.venue }

    /// True if the request has the token that its path requires.
    package func admits(_ request: HTTPRequestHead) -> Bool {
        place(request.path).map { admits(request, to: $0.place) } ?? true
    }

    /// Decides whether to accept a WebSocket connection to a venue's path.
    package func accept(_ request: HTTPRequestHead) -> UpgradeDecision {
        guard let (_, _, place) = place(request.path), !place.isNegotiation else { return .reject(notServed) }
        guard origins.admits(request) else { return .reject(.foreignOrigin) }
        guard admits(request, to: place) else { return .reject(.unauthorized) }
        // A client without an ID skipped negotiation.
        guard place.issuesIDs, let id = request.query("id") else { return .accept(subprotocol: nil) }
        switch negotiated.claim(id) {
        case .granted: return .accept(subprotocol: nil)
        case .unknown: return .reject(HTTPResponse(status: 404, text: "No Connection with that ID"))
        case .inUse: return .reject(HTTPResponse(status: 409, text: "the connection id is in use"))
        }
    }

    /// Answers plain HTTP requests; `nil` for paths of no venue.
    package func respond(to request: HTTPRequest) -> HTTPResponse? {
        guard let (_, server, place) = place(request.head.path) else { return nil }
        guard origins.admits(request.head) else { return .foreignOrigin }
        return answer(request.head, at: place, of: server).allowingOrigin(of: request.head)
    }

    private func answer(
        _ request: HTTPRequestHead,
        at place: VenuePlace,
        of server: any VenueServer
    ) -> HTTPResponse {
        // A browser's preflight request has no token.
        if request.method == "OPTIONS" { return HTTPResponse(status: 204) }
        guard place.isNegotiation else { return HTTPResponse(status: 426, text: "this is a WebSocket endpoint") }
        guard admits(request, to: place) else { return .unauthorized }
        guard request.method == "POST" else { return HTTPResponse(status: 405, text: "negotiation is a POST") }
        let negotiation = VenueNegotiation(
            path: request.path,
            host: request.headers["Host"],
            query: request.queryItems.map { ($0.name, $0.value) }
        )
        return HTTPResponse(json: server.answer(negotiation, at: place) { negotiated.issue() })
    }

    private func place(_ path: String) -> (venue: Venue, server: any VenueServer, place: VenuePlace)? {
        for candidate in served {
            if let place = candidate.server.place(ofPath: path) { return (candidate.venue, candidate.server, place) }
        }
        return nil
    }

    private func admits(_ request: HTTPRequestHead, to place: VenuePlace) -> Bool {
        guard place.needsToken else { return true }
        guard let ownToken = place.ownToken else { return access.admits(request) }
        return AccessControl(token: ownToken).admits(request)
    }

    /// Plays to the client; returns when it has left or the tape has ended.
    package func serve(_ connection: WebSocketConnection, request: HTTPRequestHead) async {
        guard let (venue, server, place) = place(request.path) else { return }
        var session = server.makeSession(at: place, target: request.target)
        if let symbols { session.restrict(toSymbols: symbols) }
        await play(connection, request, VenueVisit(venue: venue, place: place, session: session))
    }
}

/// A client of a venue that has been admitted.
package struct VenueVisit: Sendable {
    package let venue: Venue
    package let place: VenuePlace
    /// The venue's side of the conversation.
    package let session: any VenueSession
}
