package import Venues

/// How a server of tapes treats its clients.
package struct ServingPolicy: Sendable {
    package var speed: PlaybackSpeed
    /// A tape starts after its client has been quiet for this long since its last subscription.
    package var settling: Duration = .milliseconds(200)
    /// Clients of venue paths get only these symbols; `nil` for all.
    package var symbols: Set<String>?
    /// The bearer token that clients must present; `nil` admits everyone.
    package var token: String?

    /// Origins of pages that may connect, in addition to those of this machine and of the server itself.
    package var allowedOrigins: Set<String> = []
    /// The hubs to serve for the venue `mt4`.
    package var hubs: Set<MT4Hub> = [.mt4]
    /// Additional paths of the MT4 hub, in lower case.
    ///
    /// Its own path works after any base path.
    package var hubPaths: Set<String> = []
    package var hubBehavior = HubBehavior()
    /// Redirects clients that negotiate; `nil` does not redirect.
    package var redirect: NegotiationRedirect?

    package init(speed: PlaybackSpeed) {
        self.speed = speed
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
}
