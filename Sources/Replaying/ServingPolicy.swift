/// How a server of tapes treats its clients.
package struct ServingPolicy: Sendable {
    package var speed: PlaybackSpeed
    /// A tape starts when its client has been quiet for this long after its last subscription.
    package var settling: Duration = .milliseconds(200)
    /// Clients of venue paths get nothing of other symbols; `nil` for all.
    package var symbols: Set<String>?
    /// What clients must present as bearer token; `nil` lets everybody in.
    package var token: String?

    package init(speed: PlaybackSpeed) {
        self.speed = speed
    }
}
