/// The server of Deribit: one path.
package struct DeribitServer: VenueServer {
    static let path = "/ws/api/v2"

    /// The API key that clients must log in with; `nil` to let every key in.
    private let keys: AccountKeys?

    package init(keys: AccountKeys? = nil) { self.keys = keys }

    package func place(ofPath path: String) -> VenuePlace? { path == Self.path ? VenuePlace() : nil }

    package func makeSession(at place: VenuePlace, target: String) -> any VenueSession { DeribitSession(keys: keys) }
}
