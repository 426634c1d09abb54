import NIOCore
import Recording
import SignalRProtocol
import Venues

extension FeedSettings {
    /// The flags that describe the same feed.
    ///
    /// A feed of a file is turned into flags, so that both mean the same and each rule is written once.
    var flags: [String] {
        var flags = ["--venue", venue.name, "--url", url]
        func add(_ flag: String, _ value: String?) {
            if let value { flags += ["\(flag)=\(value)"] }
        }
        func add(_ flag: String, if isSet: Bool) {
            if isSet { flags.append(flag) }
        }
        if venue == .mt4 { add("--hub", hub.rawValue) }
        add("--trade-platform", tradePlatform)
        for symbol in symbols { add("--symbol", symbol) }
        add("--all-symbols", if: allSymbols)
        add("--all-ticks", if: allTicks)
        add("--symbol-updates", if: symbolUpdates)
        add("--online-updates", if: onlineUpdates)
        add("--trades", if: trades)
        add("--margin", if: margin)
        add("--user-updates", if: userUpdates)
        add("--negotiate", if: negotiate)
        add("--token-in-query", if: tokenInQuery)
        add("--hub-protocol", hubProtocol.rawValue)
        add("--broker-time-zone", brokerTimeZone)
        add("--keep-personal-data", if: keepPersonalData)
        for stream in streams { add("--stream", stream) }
        add("--ca-file", caFile)
        add("--client-cert", clientCert)
        add("--client-key", clientKey)
        for pin in pins { add("--pin", pin) }
        add("--no-proxy", if: !useProxy)
        add("--proxy-ca-file", proxyCAFile)
        add("--compress", if: compress)
        return flags + timeoutFlags + limitFlags
    }

    private var timeoutFlags: [String] {
        let times: [(String, Duration?)] = [
            ("--connect-timeout", connectTimeout), ("--proxy-timeout", proxyTimeout), ("--tls-timeout", tlsTimeout),
            ("--handshake-timeout", handshakeTimeout), ("--ping-interval", pingInterval),
            ("--pong-timeout", pongTimeout),
            ("--idle-timeout", idleTimeout), ("--send-timeout", sendTimeout), ("--close-timeout", closeTimeout),
        ]
        return times.map { flag, time in
            "\(flag)=" + (time.map { "\(Int($0 / .milliseconds(1)))ms" } ?? "off")
        }
    }

    private var limitFlags: [String] {
        var flags = [
            "--message-limit=\(messageLimit)", "--fragment-limit=\(fragmentLimit)", "--header-limit=\(headerLimit)",
            "--send-queue=\(sendQueue)",
        ]
        if let frameLimit { flags.append("--frame-limit=\(frameLimit)") }
        return flags
    }

    /// The feed's recording configuration.
    ///
    /// - Throws: ``Failure``, which names the file or the combination of options that is wrong.
    func configuration(
        environment: [String: String],
        secrets: FeedSecrets = FeedSecrets(),
        group: any EventLoopGroup
    ) throws -> FeedConfiguration {
        do {
            var configuration = try FeedOptions(parsing: flags).configuration(
                credentials: credentials(environment),
                secrets: secrets,
                bars: bars,
                group: group
            )
            configuration.name = name
            configuration.backoff = Backoff(first: .milliseconds(250), max: retryMax)
            adjust(&configuration.watch)
            try adjust(&configuration.market)
            configuration.overlap = try OverlapRules(venue: venue, renewAfter: renewAfter, redundancy: redundancy)
            return configuration
        } catch {
            throw Failure("feed '\(name)': \(error)")
        }
    }

    func credentials(_ environment: [String: String]) -> FeedCredentials {
        var credentials = FeedCredentials(token: token, environment: environment)
        credentials.headers = headers.sorted { $0.key < $1.key }.map { HeaderReference(name: $0.key, value: $0.value) }
        credentials.replacesConnections = tokenRenewal == .reconnect
        return credentials
    }
}

extension FeedSettings {
    /// Applies the settings that have no flag.
    fileprivate func adjust(_ rules: inout WatchRules) {
        switch silence {
        case .automatic: rules.silence = .automatic
        case .off: rules.silence = .off
        case .after(let duration): rules.silence = .after(duration)
        }
        if rules.ackTimeout != nil { rules.ackTimeout = ackTimeout }
    }

    /// Adds the configured settings to those from the flags.
    fileprivate func adjust(_ rules: inout MarketRules) throws {
        let zone = rules.venueZone
        do throws(MarketMistake) { rules = try marketRules() } catch { throw Failure(error.text) }
        rules.venueZone = zone
    }
}
