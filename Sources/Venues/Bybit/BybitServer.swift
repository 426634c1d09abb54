import MarketModel

/// The server of one product of Bybit: its public endpoint, and the private one, which all products share.
package struct BybitServer: VenueServer {
    private let product: BybitProduct
    static let privatePath = "/v5/private"

    /// The API key that clients must log in with; `nil` to let every key in.
    private let keys: AccountKeys?

    package init(_ product: BybitProduct, keys: AccountKeys? = nil) {
        self.product = product
        self.keys = keys
    }

    package func place(ofPath path: String) -> VenuePlace? {
        var place = VenuePlace()
        if path == product.publicPath { return place }
        guard path == Self.privatePath else { return nil }
        place.name = Self.privatePath
        return place
    }

    package func makeSession(at place: VenuePlace, target: String) -> any VenueSession {
        BybitSession(product, isPrivate: place.name == Self.privatePath, keys: keys)
    }
}
