package import MarketModel

/// The tape that a simulation is asked for.
package struct SimulationSetting: Sendable {
    /// The same seed gives the same bytes.
    package var seed: UInt64
    /// Messages per second of tape time, from 0.001 to 1e7.
    package var ratePerSecond: Double
    /// The time of the first message.
    package var start: UnixNanoseconds
    /// True if the tape ends.
    package var hasEnd: Bool
    /// True if clients connect with TLS.
    package var isSecure: Bool
    /// The API key with which clients must log in to an account; `nil` to let every key in.
    package var keys: AccountKeys?

    package init(
        seed: UInt64,
        ratePerSecond: Double,
        start: UnixNanoseconds,
        hasEnd: Bool = true,
        isSecure: Bool = false
    ) {
        self.seed = seed
        self.ratePerSecond = ratePerSecond
        self.start = start
        self.hasEnd = hasEnd
        self.isSecure = isSecure
    }

    /// In nanoseconds: about a century.
    private static let lengthMax = 4e18

    /// The tape time of a message, which counts from 0.
    package func time(ofMessage index: Int64) -> UnixNanoseconds {
        start.advanced(by: .nanoseconds(Int64(min(Double(index) * 1e9 / ratePerSecond, Self.lengthMax))))
    }
}

/// A simulated venue: its server, and a new tape for each client.
package struct VenueSimulation: Sendable {
    package let server: any VenueServer
    package let makeSimulator: @Sendable () -> any VenueSimulator
    /// Answers the HTTP requests of clients; by default, it answers none.
    package var answer: @Sendable (RESTExchange) -> RESTAnswer? = { _ in nil }
    /// Answers those about an account, before ``answer`` is asked; `header` returns the value of a header.
    package var answerAccount: @Sendable (RESTExchange, _ header: (String) -> String?) -> RESTAnswer? = { _, _ in nil }

    package init(server: any VenueServer, makeSimulator: @escaping @Sendable () -> any VenueSimulator) {
        self.server = server
        self.makeSimulator = makeSimulator
    }
}

/// A venue's answer to an HTTP request.
package struct RESTAnswer: Sendable, Hashable {
    package var status: Int
    /// JSON.
    package var body: [UInt8]
    package var headers: [String: String]

    package init(status: Int = 200, body: [UInt8], headers: [String: String] = [:]) {
        self.status = status
        self.body = body
        self.headers = headers
    }
}
