import JSONScanning
package import MarketModel
import SignalRProtocol
package import Transport
package import Venues
package import WebSocketProtocol

/// Serves tapes to the unmodified clients of venues.
///
/// Each client has its own tape.
///
/// Recordings and simulators are served in the same way; `makeTape` makes the tape.
package struct VenueHost<C: Clock>: Sendable where C.Duration == Duration {
    /// Called with every message sent to a client, and the client's number, which counts from 1.
    package typealias Observer = @Sendable (_ client: Int, _ messages: MessageBatch) -> Void

    package let venues: [Venue]
    private let policy: ServingPolicy
    private let access: AccessControl
    private let origins: OriginPolicy
    private let negotiated = NegotiatedConnections()
    private let clients = ClientCounter()
    private let clock: C
    private let makeTape: @Sendable (Venue) throws -> any Tape
    private let observe: Observer?
    /// Plays to a client instead of a tape of ``makeTape``, if it is set.
    var playTape: (@Sendable (WebSocketConnection, HTTPRequestHead, Venue, any VenueSession) async -> Void)?

    package init(
        venues: [Venue],
        policy: ServingPolicy,
        clock: C,
        observe: Observer? = nil,
        makeTape: @escaping @Sendable (Venue) throws -> any Tape
    ) {
        self.venues = venues
        self.policy = policy
        self.access = AccessControl(token: policy.token)
        self.origins = OriginPolicy(allowed: policy.allowedOrigins, hasToken: policy.token != nil)
        self.clock = clock
        self.observe = observe
        self.makeTape = makeTape
    }

    /// Returns the served venue that has this path.
    package func venue(of request: HTTPRequestHead) -> Venue? { place(request.path)?.venue }

    /// True if the request has the token that its path requires.
    package func admits(_ request: HTTPRequestHead) -> Bool {
        place(request.path).map { admits(request, to: $0) } ?? true
    }

    /// Decides whether to accept a WebSocket connection to a venue's path.
    package func accept(_ request: HTTPRequestHead) -> UpgradeDecision {
        guard let place = place(request.path), !place.isNegotiation else { return .reject(.notFound) }
        guard origins.admits(request) else { return .reject(.foreignOrigin) }
        guard admits(request, to: place) else { return .reject(.unauthorized) }
        // A client without an ID skipped negotiation.
        guard place.hub != nil, let id = request.query("id") else { return .accept(subprotocol: nil) }
        switch negotiated.claim(id) {
        case .granted: return .accept(subprotocol: nil)
        case .unknown: return .reject(HTTPResponse(status: 404, text: "No Connection with that ID"))
        case .inUse: return .reject(HTTPResponse(status: 409, text: "the connection id is in use"))
        }
    }

    /// Answers plain HTTP requests; `nil` for paths of no venue.
    package func respond(to request: HTTPRequest) -> HTTPResponse? {
        guard let place = place(request.head.path) else { return nil }
        guard origins.admits(request.head) else { return .foreignOrigin }
        return answer(request.head, at: place).allowingOrigin(of: request.head)
    }

    private func answer(_ request: HTTPRequestHead, at place: Place) -> HTTPResponse {
        // A browser's preflight request has no token.
        if request.method == "OPTIONS" { return HTTPResponse(status: 204) }
        guard place.isNegotiation else { return HTTPResponse(status: 426, text: "this is a WebSocket endpoint") }
        guard admits(request, to: place) else { return .unauthorized }
        guard request.method == "POST" else { return HTTPResponse(status: 405, text: "negotiation is a POST") }
        return redirection(of: request, at: place) ?? negotiate(request)
    }

    // MARK: Places

    /// The meaning of a path.
    private struct Place {
        let venue: Venue
        /// `nil` for venues without hubs.
        var hub: MT4Hub?
        var isNegotiation = false
        var isRedirected = false
    }

    private func place(_ path: String) -> Place? {
        let lowercased = path.lowercased()
        let isNegotiation = lowercased.hasSuffix("/negotiate")
        let hubPath = isNegotiation ? String(lowercased.dropLast("/negotiate".count)) : lowercased
        let hub = policy.hubPaths.contains(hubPath) ? .mt4 : MT4Hub(path: hubPath)
        if venues.contains(.mt4), let hub, policy.hubs.contains(hub) {
            let isRedirected = policy.redirect != nil && lowercased.hasPrefix(NegotiationRedirect.basePath + "/")
            return Place(venue: .mt4, hub: hub, isNegotiation: isNegotiation, isRedirected: isRedirected)
        }
        return venues.first { $0 != .mt4 && $0.definition.serves(path: path) }.map { Place(venue: $0) }
    }

    private func admits(_ request: HTTPRequestHead, to place: Place) -> Bool {
        guard place.hub?.needsToken ?? true else { return true }
        guard place.isRedirected, let redirect = policy.redirect else { return access.admits(request) }
        return AccessControl(token: redirect.accessToken).admits(request)
    }

    /// Redirects a client that has not been redirected yet, if the policy says so.
    private func redirection(of request: HTTPRequestHead, at place: Place) -> HTTPResponse? {
        guard let redirect = policy.redirect, !place.isRedirected, let host = request.headers["Host"] else {
            return nil
        }
        let path = request.path.dropLast("/negotiate".count)
        let url = "\(redirect.isSecure ? "https" : "http")://\(host)\(NegotiationRedirect.basePath)\(path)"
        var json = JSONObjectWriter()
        json.text("url", url)
        json.text("accessToken", redirect.accessToken)
        return HTTPResponse(json: json.text())
    }

    private func negotiate(_ request: HTTPRequestHead) -> HTTPResponse {
        let asked = request.queryItems.first { $0.name.lowercased() == "negotiateversion" }?.value
        guard let version = HubNegotiation.version(requested: asked) else {
            return HTTPResponse(json: HubNegotiation.negotiateRefusal("negotiateVersion is not a number"))
        }
        let ids = negotiated.issue()
        return HTTPResponse(
            json: HubNegotiation.negotiateResponse(
                version: version,
                connectionID: ids.connectionID,
                connectionToken: ids.connectionToken
            )
        )
    }

    /// Plays a tape to the client.
    ///
    /// Returns when the client has left or the tape has ended.
    package func serve(_ connection: WebSocketConnection, request: HTTPRequestHead) async {
        guard let place = place(request.path) else { return }
        let venue = place.venue
        var session =
            place.hub?.makeSession(policy.hubBehavior) ?? venue.definition.makeSession(target: request.target)
        if let symbols = policy.symbols { session.restrict(toSymbols: symbols) }
        if let playTape { return await playTape(connection, request, venue, session) }
        let makeTape = makeTape
        let playback = ClientPlayback(
            connection: connection,
            session: session,
            // The test hub's clock at full speed would flood its client.
            speed: place.hub == .test ? .factor(1) : policy.speed,
            clock: clock,
            settling: policy.settling,
            observe: observer(for: clients.next()),
            makeTape: { () throws in try makeTape(venue) }
        )
        await playback.run()
    }

    private func observer(for client: Int) -> (@Sendable (MessageBatch) -> Void)? {
        guard let observe else { return nil }
        return { messages in observe(client, messages) }
    }
}
