import JSONScanning
import SignalRProtocol

/// The server of CPlugin's hubs: negotiation, and a session for each hub.
package struct MT4HubServer: VenueServer {
    /// The hubs that are served.
    package var hubs: Set<MT4Hub> = [.mt4]
    /// Additional paths of the MT4 hub, in lower case.
    ///
    /// Its own path works after any base path.
    package var paths: Set<String> = []
    package var behavior = HubBehavior()
    /// Redirects clients that negotiate; `nil` does not redirect.
    package var redirect: NegotiationRedirect?

    package init() {}

    private static let suffix = "/negotiate"

    package func place(ofPath path: String) -> VenuePlace? {
        let lowercased = path.lowercased()
        let isNegotiation = lowercased.hasSuffix(Self.suffix)
        let hubPath = isNegotiation ? String(lowercased.dropLast(Self.suffix.count)) : lowercased
        guard let hub = paths.contains(hubPath) ? .mt4 : MT4Hub(path: hubPath), hubs.contains(hub) else { return nil }
        var place = VenuePlace()
        place.name = hub.rawValue
        place.isNegotiation = isNegotiation
        place.issuesIDs = true
        place.needsToken = hub.needsToken
        if let redirect, isRedirected(lowercased), hub.needsToken { place.ownToken = redirect.accessToken }
        // The test hub's clock at full speed would flood its client.
        place.needsOriginalPace = hub == .test
        return place
    }

    private func isRedirected(_ path: String) -> Bool {
        path.lowercased().hasPrefix(NegotiationRedirect.basePath + "/")
    }

    package func answer(
        _ negotiation: VenueNegotiation,
        at place: VenuePlace,
        issue: () -> ConnectionIDs
    ) -> String {
        if let redirect, !isRedirected(negotiation.path), let host = negotiation.host {
            return redirect.answer(host: host, path: negotiation.path.dropLast(Self.suffix.count))
        }
        guard let version = HubNegotiation.version(requested: negotiation.query["negotiateversion"]) else {
            return HubNegotiation.negotiateRefusal("negotiateVersion is not a number")
        }
        let ids = issue()
        return HubNegotiation.negotiateResponse(
            version: version,
            connectionID: ids.connectionID,
            connectionToken: ids.connectionToken
        )
    }

    package func makeSession(at place: VenuePlace, target: String) -> any VenueSession {
        switch MT4Hub(rawValue: place.name) {
        case .test: TestHubSession(behavior)
        case .mt5: MT5HubSession(behavior)
        case .mt4, nil: MT4HubSession(behavior)
        }
    }
}

/// A negotiation result that redirects the client to another base path of the same server, with another token.
package struct NegotiationRedirect: Sendable, Hashable {
    /// The base path after the redirect.
    package static let basePath = "/redirected"

    package var isSecure: Bool
    /// The token for the redirected connection.
    package var accessToken: String

    package init(isSecure: Bool, accessToken: String) {
        self.isSecure = isSecure
        self.accessToken = accessToken
    }

    func answer(host: String, path: Substring) -> String {
        var json = JSONObjectWriter()
        json.text("url", "\(isSecure ? "https" : "http")://\(host)\(Self.basePath)\(path)")
        json.text("accessToken", accessToken)
        return json.text()
    }
}
