import MarketModel
import NIOCore
import Recording
import Transport
import Venues
import WebSocketProtocol

extension FeedPlan {
    /// The largest answer that is kept, in bytes: lists of all instruments have several megabytes.
    private static let answerBytesMax = 32 << 20

    /// How the feed makes HTTP requests, for a connection to `url`.
    ///
    /// Requests go to the venue's own hosts, or to the host of `url` if the user gave another one than the venue's: a
    /// replay, a simulation or a test server answers both kinds of requests on one port.
    func restAccess(
        at url: WebSocketURL,
        _ plan: VenuePlan,
        _ keyring: AccountKeyring?,
        _ pace: RESTPace,
        _ group: any EventLoopGroup
    ) throws -> RESTAccess {
        let isVenueOwn = try isVenueHost(url, plan)
        let address = { @Sendable (exchange: RESTExchange) in
            isVenueOwn ? exchange : exchange.moved(toHostOf: url)
        }
        let (client, account) = (client, plan.account)
        var access = RESTAccess(pace: pace) { exchange async throws(TransportError) in
            let authorised = keyring.flatMap { account?.authorise(exchange, $0.keys) }
            let exchange = authorised?.exchange ?? exchange
            var request = HTTPClient.Request(method: exchange.method, body: Array((exchange.requestBody ?? "").utf8))
            request.responseBytesMax = Self.answerBytesMax
            let target = try WebSocketURL(exchange.socketURL)
            var configuration: WebSocketClient.Configuration
            do { configuration = try client.configuration(url: target) } catch {
                throw TransportError(code: .invalidURL, description: "\(error)")
            }
            for header in authorised?.headers ?? [] { configuration.headers.append(header.name, header.value) }
            configuration.headers.append("Accept", "application/json")
            if exchange.requestBody != nil { configuration.headers.append("Content-Type", "application/json") }
            return try await HTTPClient.send(request, configuration, group: group, now: Clocks.wall)
        }
        access.address = address
        access.instrumentRequests = plan.instrumentRequests
        access.interval = plan.requestInterval
        return access
    }

    /// True if `url` leads to a host of the venue's own domain.
    private func isVenueHost(_ url: WebSocketURL, _ plan: VenuePlan) throws -> Bool {
        guard let standard = plan.defaultURL ?? venue.definition.defaultURL else { return true }
        let domain = { (host: String) in host.lowercased().split(separator: ".").suffix(2).joined(separator: ".") }
        return domain(try WebSocketURL(standard).host) == domain(url.host)
    }
}

extension RESTExchange {
    /// The URL in the schemes of WebSockets, which the HTTP client takes.
    fileprivate var socketURL: String {
        if url.hasPrefix("https://") { return "wss://" + url.dropFirst("https://".count) }
        if url.hasPrefix("http://") { return "ws://" + url.dropFirst("http://".count) }
        return url
    }

    /// The same request to the host of `address`.
    fileprivate func moved(toHostOf address: WebSocketURL) -> RESTExchange {
        var exchange = self
        let rest = socketURL.drop { $0 != ":" }.dropFirst(3).drop { $0 != "/" }
        exchange.url = "\(address.isSecure ? "https" : "http")://\(address.hostHeader)\(rest.isEmpty ? "/" : rest)"
        return exchange
    }
}
