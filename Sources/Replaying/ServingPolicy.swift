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

    package init(speed: PlaybackSpeed) {
        self.speed = speed
    }
}
