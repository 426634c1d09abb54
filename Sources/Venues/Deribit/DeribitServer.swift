/// The server of Deribit: one path.
package struct DeribitServer: VenueServer {
    static let path = "/ws/api/v2"

    package init() {}

    package func place(ofPath path: String) -> VenuePlace? { path == Self.path ? VenuePlace() : nil }

    package func makeSession(at place: VenuePlace, target: String) -> any VenueSession { DeribitSession() }
}
