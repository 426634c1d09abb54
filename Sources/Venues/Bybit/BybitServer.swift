import MarketModel

/// The server of one product of Bybit: its public endpoint, and for spot also the private one.
///
/// At the venue, the private endpoint serves all products. Here one of the venues must own its path.
package struct BybitServer: VenueServer {
    private let product: BybitProduct
    static let privatePath = "/v5/private"

    package init(_ product: BybitProduct) { self.product = product }

    package func place(ofPath path: String) -> VenuePlace? {
        var place = VenuePlace()
        if path == product.publicPath { return place }
        guard product == .spot, path == Self.privatePath else { return nil }
        place.name = Self.privatePath
        return place
    }

    package func makeSession(at place: VenuePlace, target: String) -> any VenueSession {
        BybitSession(product, isPrivate: place.name == Self.privatePath)
    }
}
