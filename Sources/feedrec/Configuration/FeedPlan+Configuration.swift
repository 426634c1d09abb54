import NIOCore
import Recording
import Transport
import Venues

extension FeedPlan {
    /// The feed, ready to connect.
    ///
    /// References to secrets are read once here, so that a mistake in them is found at the start. A token command is
    /// not run.
    ///
    /// - Throws: An error that names the file or the combination of options that is wrong.
    func configuration(
        environment: [String: String],
        secrets: FeedSecrets = FeedSecrets(),
        pace: RESTPace,
        group: any EventLoopGroup
    ) throws -> FeedConfiguration {
        let plan: VenuePlan
        do throws(VenueOptionError) { plan = try venuePlan() } catch { throw Failure(error.flagText) }
        let credentials = credentials(environment)
        try credentials.check(secrets)
        guard let address = address(plan) else { throw Failure("\(venue) has no public endpoint: give a URL") }
        let url = try WebSocketURL(address)
        let token = try credentials.tokenSource(client, secrets, group)
        var connector = try connector(to: url, plan, token: token.read, group)
        connector.secrets = secrets
        connector.secretHeaders = credentials.resolvedHeaders
        let rest = try restAccess(at: url, plan, pace, group)
        let handshakeTimeout = client.handshakeTimeout
        var feed = FeedConfiguration(
            name: name,
            venue: venue,
            url: url.redacted,
            subscription: plan.subscription,
            barIntervals: bars,
            makeDialect: { plan.makeDialect(handshakeTimeout) },
            connect: { [connector] tap async throws(TransportError) in
                var connector = connector
                connector.client.tap = tap
                connector.client.gatherTime = FeedConfiguration.gatherTime
                return try await connector.connect()
            }
        )
        feed.access = token.access
        feed.rest = rest
        feed.watch = watchRules
        feed.reading = plan.reading
        do throws(MarketMistake) { feed.market = try marketRules() } catch { throw Failure(error.text) }
        feed.market.venueZone = plan.reading.brokerTimeZone
        feed.overlap = try OverlapRules(venue: venue, renewAfter: renewAfter, redundancy: redundancy)
        feed.backoff = Backoff(first: .milliseconds(250), max: retryMax)
        feed.secrets = secrets
        feed.notices = plan.notices
        return feed
    }

    /// The same, with errors that name the feed.
    func namedConfiguration(
        environment: [String: String],
        secrets: FeedSecrets = FeedSecrets(),
        pace: RESTPace,
        group: any EventLoopGroup
    ) throws -> FeedConfiguration {
        do {
            return try configuration(environment: environment, secrets: secrets, pace: pace, group: group)
        } catch {
            throw Failure("feed '\(name)': \(error)")
        }
    }

    private func connector(
        to url: WebSocketURL,
        _ plan: VenuePlan,
        token: @escaping @Sendable () async throws -> String?,
        _ group: any EventLoopGroup
    ) throws -> VenueConnector {
        let target = plan.target(url.target)
        let address = WebSocketURL(isSecure: url.isSecure, host: url.host, port: url.port, target: target)
        var configuration = try client.configuration(url: address)
        // The recorder sends the pings itself, so that it can tell what each one was for.
        configuration.connection.pingInterval = nil
        return VenueConnector(configuration, hub: plan.hub, token: token, group: group)
    }

    private var watchRules: WatchRules {
        var rules = WatchRules(venue.rules)
        rules.pingInterval = client.pingInterval
        switch silence {
        case .automatic: rules.silence = .automatic
        case .off: rules.silence = .off
        case .after(let duration): rules.silence = .after(duration)
        }
        if rules.ackTimeout != nil { rules.ackTimeout = ackTimeout }
        return rules
    }

    func credentials(_ environment: [String: String]) -> FeedCredentials {
        var credentials = FeedCredentials(token: token, environment: environment)
        credentials.headers = headers.sorted { $0.key < $1.key }.map { HeaderReference(name: $0.key, value: $0.value) }
        credentials.replacesConnections = tokenRenewal == .reconnect
        return credentials
    }
}
