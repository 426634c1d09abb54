import MarketModel

/// The server side of Hyperliquid: one path.
struct HyperliquidServer: VenueServer {
    static let path = "/ws"

    func place(ofPath path: String) -> VenuePlace? { path == Self.path ? VenuePlace() : nil }

    func makeSession(at place: VenuePlace, target: String) -> any VenueSession { HyperliquidSession() }
}
