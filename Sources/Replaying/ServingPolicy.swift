package import Venues

/// How a server of tapes treats its clients.
package struct ServingPolicy: Sendable {
    package var speed: PlaybackSpeed
    /// A tape starts when its client has been quiet for this long after its last subscription.
    package var settling: Duration = .milliseconds(200)
    /// Clients of venue paths get nothing of other symbols; `nil` for all.
    package var symbols: Set<String>?
    /// What clients must present as bearer token; `nil` lets everybody in.
    package var token: String?

    /// Pages of these origins may connect, beside those of this machine and of the server itself.
    package var allowedOrigins: Set<String> = []
    /// The hubs that are served where the venue is `mt4`.
    package var hubs: Set<MT4Hub> = [.mt4]
    /// Further paths of the MT4 hub, in small letters; its own is found behind any base path.
    package var hubPaths: Set<String> = []
    package var hubBehavior = HubBehavior()
    /// Sends clients elsewhere when they negotiate; `nil` serves them where they are.
    package var redirect: NegotiationRedirect?

    package init(speed: PlaybackSpeed) {
        self.speed = speed
    }
}

/// A negotiation that sends its client to another base path of the same server, with another token.
package struct NegotiationRedirect: Sendable, Hashable {
    /// What stands before the hub's path after the redirect.
    package static let basePath = "/redirected"

    package var isSecure: Bool
    /// The token that is good from there on.
    package var accessToken: String

    package init(isSecure: Bool, accessToken: String) {
        self.isSecure = isSecure
        self.accessToken = accessToken
    }
}
