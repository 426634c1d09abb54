import MarketModel
import Transport
import Venues
import WebSocketProtocol

/// Where the tape of the client is that makes an HTTP request.
struct ClientMoment: Sendable {
    /// Everything before this position has been released to the client.
    let position: UnixNanoseconds
    /// False at full speed, when the position is ahead of what the client has read.
    let isPaced: Bool
}

extension ReplayDesk {
    /// The moment of a client of `venue`.
    ///
    /// The client's clock is the one that its base path names. Otherwise it is, of the sessions of the venue from the
    /// same address, that of the one that is furthest ahead, because a book may be ahead of the changes that a client
    /// gets, but not behind. A client without a session is at the start of the tape.
    func moment(of request: HTTPRequest, _ venue: Venue) -> ClientMoment {
        let start = bounds(of: offeredRange)?.lowerBound ?? 0
        guard let deck = deck(of: request, venue) else {
            return ClientMoment(position: UnixNanoseconds(start), isPaced: true)
        }
        return ClientMoment(
            position: UnixNanoseconds(max(start, deck.position(at: now()))),
            isPaced: deck.isPaced || deck.state != .playing
        )
    }

    private func deck(of request: HTTPRequest, _ venue: Venue) -> TapeDeck? {
        if let name = ClientName.inPath(request.head.path) { return clocks.find(name)?.deck }
        guard let address = request.remoteAddress else { return nil }
        let host = Self.host(ofAddress: address)
        let time = now()
        return registry.all.filter { $0.name == venue.name && Self.host(ofAddress: $0.client) == host }
            .map(\.clock.deck).max { $0.position(at: time) < $1.position(at: time) }
    }
}
