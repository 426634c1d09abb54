/// The server of Kraken's WebSocket API v2: one path.
package struct KrakenServer: VenueServer {
    package init() {}

    package func place(ofPath path: String) -> VenuePlace? { path == "/v2" ? VenuePlace() : nil }

    package func makeSession(at place: VenuePlace, target: String) -> any VenueSession { KrakenSession() }
}
