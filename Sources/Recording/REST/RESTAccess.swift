package import MarketModel
package import Transport

/// How a feed makes HTTP requests beside its connection.
package struct RESTAccess: Sendable {
    /// Makes one request.
    ///
    /// No status is an error.
    package typealias Fetch = @Sendable (RESTExchange) async throws(TransportError) -> HTTPResponse

    /// Requested when a connection begins, and again after ``instrumentPeriod``.
    package var instrumentRequests: [RESTExchange] = []
    /// The least time between two requests to one host.
    package var interval = Duration.milliseconds(200)
    /// Shared by all feeds of a recorder, because a venue counts the requests of an address.
    package var pace: RESTPace
    package var fetch: Fetch
    /// Returns the request as it is made and stored, such as one to another host.
    package var address: @Sendable (RESTExchange) -> RESTExchange = { $0 }

    /// How often the lists of instruments are requested.
    package static let instrumentPeriod = Duration.seconds(6 * 3600)

    package init(pace: RESTPace, fetch: @escaping Fetch) {
        self.pace = pace
        self.fetch = fetch
    }
}
