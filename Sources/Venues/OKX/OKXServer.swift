import MarketModel

/// The server side of OKX: three paths.
struct OKXServer: VenueServer {
    /// The API key that clients must log in with; `nil` to let every key in.
    var keys: AccountKeys?

    func place(ofPath path: String) -> VenuePlace? {
        guard let endpoint = OKXEndpoint.allCases.first(where: { $0.path == path }) else { return nil }
        var place = VenuePlace()
        place.name = endpoint.rawValue
        return place
    }

    func makeSession(at place: VenuePlace, target: String) -> any VenueSession {
        OKXSession(OKXEndpoint(rawValue: place.name) ?? .public, keys: keys)
    }
}
