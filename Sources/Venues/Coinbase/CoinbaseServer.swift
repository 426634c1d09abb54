/// The server of Coinbase Advanced Trade: one path.
package struct CoinbaseServer: VenueServer {
    package init() {}

    package func place(ofPath path: String) -> VenuePlace? { path == "/" || path.isEmpty ? VenuePlace() : nil }

    package func makeSession(at place: VenuePlace, target: String) -> any VenueSession { CoinbaseSession() }
}
