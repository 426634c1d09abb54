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
        let keyring = try keyring(plan, environment, secrets)
        let rest = try restAccess(at: url, plan, keyring, pace, group)
        let listenKey = plan.account?.listenKey
        let quotesFromBook: SymbolSelection
        do throws(VenueOptionError) { quotesFromBook = try symbolsWithDerivedQuotes(plan) } catch {
            throw Failure(error.flagText)
        }
        let handshakeTimeout = client.handshakeTimeout
        var feed = FeedConfiguration(
            name: name,
            venue: venue,
            url: url.redacted,
            subscription: plan.subscription(quotesFromBook: quotesFromBook),
            barIntervals: bars,
            makeDialect: {
                guard let account = plan.account, let keyring else { return plan.makeDialect(handshakeTimeout) }
                return account.makeDialect(keyring.keys)
            },
            connect: { [connector] tap async throws(TransportError) in
                var connector = connector
                connector.client.tap = tap
                connector.client.gatherTime = FeedConfiguration.gatherTime
                try keyring?.reloadForConnection()
                guard let listenKey else { return try await connector.connect() }
                let (key, message) = try await ListenKeyRequest(listenKey, rest: rest, secrets: secrets).obtain()
                connector.client.url = url.with(target: listenKey.target(url.target, key), secret: key)
                let connection = try await connector.connect()
                connection.insert(message)
                return connection
            }
        )
        feed.logsIn = plan.account != nil
        feed.access = token.access
        feed.rest = rest
        feed.watch = watchRules(plan)
        feed.namedSymbols = plan.namedSymbols
        feed.reading = plan.reading
        feed.reading.quotesFromBook = quotesFromBook
        do throws(MarketMistake) { feed.market = try marketRules() } catch { throw Failure(error.text) }
        feed.market.venueZone = plan.reading.brokerTimeZone
        // The messages of an account have no numbers by which two connections could be merged.
        if plan.account == nil {
            feed.overlap = try OverlapRules(venue: venue, renewAfter: renewAfter, redundancy: redundancy)
        }
        feed.backoff = Backoff(first: .milliseconds(250), max: retryMax)
        feed.secrets = secrets
        feed.notices = plan.notices + (keyring?.warnings ?? [])
        if keyring != nil, !url.isSecure, !url.isLocal {
            feed.notices.append("the API key is sent to \(url.host) without encryption: use a wss:// URL")
        }
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
        var configuration = try client.configuration(url: url.with(target: plan.target(url.target)))
        // The recorder sends the pings itself, so that it can tell what each one was for.
        configuration.connection.pingInterval = nil
        return VenueConnector(configuration, hub: plan.hub, token: token, group: group)
    }

    /// The API key of the account that `plan` records; `nil` for public data.
    private func keyring(
        _ plan: VenuePlan,
        _ environment: [String: String],
        _ secrets: FeedSecrets
    ) throws -> AccountKeyring? {
        try plan.account.map {
            try AccountKeyring(keys, $0, of: venue, environment: environment, secrets: secrets)
        }
    }

    /// Reads the API key for every part of the feed that needs one.
    ///
    /// - Throws: ``Failure``, which says what is missing or wrong.
    func checkKeys(_ environment: [String: String]) throws {
        guard !keys.isEmpty else { return }
        for part in parts {
            guard let plan = try? part.venuePlan() else { continue }
            _ = try part.keyring(plan, environment, FeedSecrets())
        }
    }

    private func watchRules(_ plan: VenuePlan) -> WatchRules {
        var rules = WatchRules(venue.rules)
        rules.pingInterval = client.pingInterval
        switch silence {
        // Nothing may happen in an account for days, however busy it was before.
        case .automatic: rules.silence = plan.account == nil ? .automatic : .off
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

extension AccountKeyring {
    /// Reads the key again before a connection is opened.
    fileprivate func reloadForConnection() throws(TransportError) {
        do { try reload() } catch {
            throw TransportError(code: .handshake(status: nil), description: String(describing: error))
        }
    }
}

extension WebSocketURL {
    /// The same host with another path and query; the path may contain a secret.
    fileprivate func with(target: String, secret: String? = nil) -> WebSocketURL {
        var url = WebSocketURL(isSecure: isSecure, host: host, port: port, target: target)
        url.secretInPath = secret
        return url
    }
}
