package import MarketModel
import SignalRProtocol
package import Transport
package import Venues
package import WebSocketProtocol

/// Serves tapes to the unmodified clients of venues, each client with a tape of its own.
///
/// A recording and a simulator are served alike: `makeTape` says which.
package struct VenueHost<C: Clock>: Sendable where C.Duration == Duration {
    /// Sees every message that leaves for a client: the client's number, counted from 1, and the messages.
    package typealias Observer = @Sendable (_ client: Int, _ messages: MessageBatch) -> Void

    package let venues: [Venue]
    private let policy: ServingPolicy
    private let access: AccessControl
    private let negotiated = NegotiatedConnections()
    private let clients = ClientCounter()
    private let clock: C
    private let makeTape: @Sendable (Venue) throws -> any Tape
    private let observe: Observer?

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
        self.clock = clock
        self.observe = observe
        self.makeTape = makeTape
    }

    /// The venue that has this path, among those that are served.
    package func venue(of request: HTTPRequestHead) -> Venue? {
        venues.first { $0.serves(path: request.path) }
    }

    /// Decides on a WebSocket connection to a venue's path.
    package func accept(_ request: HTTPRequestHead) -> UpgradeDecision {
        guard let venue = venue(of: request) else { return .reject(.notFound) }
        guard access.admits(request) else { return .reject(.unauthorized) }
        // Without an id the client skipped negotiation.
        guard venue.negotiatePath != nil, let id = request.query("id") else { return .accept(subprotocol: nil) }
        switch negotiated.claim(id) {
        case .granted: return .accept(subprotocol: nil)
        case .unknown: return .reject(HTTPResponse(status: 404, text: "No Connection with that ID"))
        case .inUse: return .reject(HTTPResponse(status: 409, text: "the connection id is in use"))
        }
    }

    /// Answers what is not a WebSocket connection; `nil` for paths that are no venue's.
    package func respond(to request: HTTPRequest) -> HTTPResponse? {
        let path = request.head.path.lowercased()
        guard let venue = venues.first(where: { $0.negotiatePath == path || $0.serves(path: request.head.path) }) else {
            return nil
        }
        guard venue.negotiatePath == path else {
            return HTTPResponse(status: 426, text: "this is a WebSocket endpoint")
        }
        if request.head.method == "OPTIONS" { return HTTPResponse(status: 204).allowingOrigin(of: request.head) }
        guard access.admits(request.head) else { return HTTPResponse.unauthorized.allowingOrigin(of: request.head) }
        guard request.head.method == "POST" else {
            return HTTPResponse(status: 405, text: "negotiation is a POST").allowingOrigin(of: request.head)
        }
        return negotiate(request.head).allowingOrigin(of: request.head)
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

    /// Plays a tape to the client; returns when the client left or the tape is over.
    package func serve(_ connection: WebSocketConnection, request: HTTPRequestHead) async {
        guard let venue = venue(of: request) else { return }
        var session = venue.makeSession(target: request.target)
        if let symbols = policy.symbols { session.restrict(toSymbols: symbols) }
        let makeTape = makeTape
        let playback = ClientPlayback(
            connection: connection,
            session: session,
            speed: policy.speed,
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
