import Recording
import Transport
import Venues

extension FeedPlan {
    private static let anyTime: ClosedRange<Duration> = .milliseconds(1)...(.seconds(86_400))

    /// Reads a feed; `nil` if a required option is missing.
    init?(_ reader: inout OptionReader) {
        let name = reader.required("name", .text)
        let venue = reader.required("venue", .venue)
        let hasDefaultURL = venue?.definition.defaultURL != nil
        let url = hasDefaultURL ? reader.optional("url", .text) : reader.required("url", .text)
        // The other options are read in any case, so that every mistake is reported.
        self.init(name: name ?? "", venue: venue ?? Venue.all[0], url: url)
        token = reader.optional("token", .token)
        tokenRenewal = reader.value("token_renewal", OptionType<TokenRenewal>.choice, default: tokenRenewal)
        for part in AccountKeys.Part.allCases { keys[part] = reader.optional(part.settingName, .secret) }
        headers = reader.optional("headers", .headers) ?? headers
        bars = reader.value("bars", .intervals, default: bars)
        for option in Venue.options(for: .recording) { reader.read(option, into: &options) }
        quotesFromBook = reader.value("quotes_from_book", .choice, default: quotesFromBook)
        readConnection(&reader)
        readLimits(&reader)
        readMarket(&reader)
        readOverlap(&reader)
        readLiveness(&reader)
        reader.finish()
        guard name != nil, venue != nil, url != nil || hasDefaultURL else { return nil }
        check(reader)
    }

    private mutating func readConnection(_ reader: inout OptionReader) {
        client.caFile = reader.optional("ca_file", .path)
        client.clientCert = reader.optional("client_cert", .path)
        client.clientKey = reader.optional("client_key", .path)
        client.pins = reader.value("pins", .texts, default: client.pins)
        client.usesProxy = reader.value("use_proxy", .boolean, default: client.usesProxy)
        client.proxyCAFile = reader.optional("proxy_ca_file", .path)
        client.compress = reader.value("compress", .boolean, default: client.compress)
        client.connectTimeout = reader.value("connect_timeout", .duration(Self.anyTime), default: client.connectTimeout)
        client.proxyTimeout = reader.value("proxy_timeout", .duration(Self.anyTime), default: client.proxyTimeout)
        client.tlsTimeout = reader.value("tls_timeout", .duration(Self.anyTime), default: client.tlsTimeout)
        client.handshakeTimeout = reader.value(
            "handshake_timeout",
            .duration(Self.anyTime),
            default: client.handshakeTimeout
        )
        retryMax = reader.value("retry_max", .duration(Self.anyTime), default: retryMax)
    }

    private mutating func readLimits(_ reader: inout OptionReader) {
        client.messageLimit = reader.value("message_limit", .size(1024...(64 << 20)), default: client.messageLimit)
        client.frameLimit = reader.optional("frame_limit", .size(1024...(64 << 20)))
        client.fragmentLimit = reader.value("fragment_limit", .integer(1...(1 << 30)), default: client.fragmentLimit)
        client.headerLimit = reader.value("header_limit", .size(1024...(1 << 20)), default: client.headerLimit)
        client.sendQueue = reader.value("send_queue", .size(1024...(1 << 30)), default: client.sendQueue)
    }

    private mutating func readMarket(_ reader: inout OptionReader) {
        sessions = reader.optional("sessions", .texts) ?? sessions
        holidays = reader.optional("holidays", .texts) ?? holidays
        symbolSessions = reader.optional("symbol_sessions", .symbolSessions) ?? symbolSessions
        warmUp = reader.value("warm_up", .duration(.seconds(10)...(.seconds(7200))), default: warmUp)
    }

    private mutating func readOverlap(_ reader: inout OptionReader) {
        renewAfter = reader.value("renew_after", .automatic(.seconds(1)...(.seconds(864_000))), default: renewAfter)
        redundancy = reader.value("redundancy", .integer(1...2), default: redundancy)
    }

    private mutating func readLiveness(_ reader: inout OptionReader) {
        silence = reader.value("silence", .automatic(Self.anyTime), default: silence)
        ackTimeout = reader.value("ack_timeout", .duration(Self.anyTime), default: ackTimeout)
        client.pingInterval = reader.value("ping_interval", .durationOrOff(Self.anyTime), default: client.pingInterval)
        client.pongTimeout = reader.value("pong_timeout", .durationOrOff(Self.anyTime), default: client.pongTimeout)
        client.idleTimeout = reader.value("idle_timeout", .durationOrOff(Self.anyTime), default: client.idleTimeout)
        client.sendTimeout = reader.value("send_timeout", .durationOrOff(Self.anyTime), default: client.sendTimeout)
        client.closeTimeout = reader.value("close_timeout", .duration(Self.anyTime), default: client.closeTimeout)
    }

    /// Checks the rules that involve several options.
    private func check(_ reader: OptionReader) {
        do { if let url { _ = try WebSocketURL(url) } } catch { reader.problem("url", "'url': \(error)") }
        if let name = secretInQuery {
            reader.problem("url", "'url' contains a secret ('\(name)'): give it as token = { env = \"NAME\" }")
        }
        if let problem = urlProblem { reader.problem("url", "'url' \(problem)") }
        checkAccess(reader)
        checkMarket(reader)
        if (client.clientCert == nil) != (client.clientKey == nil) {
            reader.problem("client_cert", "'client_cert' and 'client_key' must be given together")
        }
        checkForeign(reader)
        do {
            let names = OverlapRules.Names(renewAfter: "'renew_after'", redundancy: "'redundancy'")
            _ = try OverlapRules(venue: venue, renewAfter: renewAfter, redundancy: redundancy, names: names)
        } catch {
            reader.problem(redundancy > 1 ? "redundancy" : "renew_after", "\(error)")
        }
        do throws(VenueOptionError) { _ = try venuePlan() } catch {
            for (key, text) in error.fileTexts { reader.problem(key ?? "venue", text) }
        }
    }

    /// Refuses options that are only for other venues.
    private func checkForeign(_ reader: OptionReader) {
        func refuse(_ key: String, unless isOwned: (Venue) -> Bool) {
            guard !isOwned(venue), reader.isChanged(key) else { return }
            let owners = Venue.all.filter(isOwned).map { "\"\($0)\"" }.joined(separator: " or ")
            reader.problem(key, "'\(key)' is for the venue \(owners)")
        }
        for option in Venue.options(for: .recording) {
            refuse(option.key) { $0.has(option, for: .recording) }
        }
        refuse("symbol_sessions") { $0.rules.takesSymbolSessions }
    }

    private func checkAccess(_ reader: OptionReader) {
        if let problem = keyProblem(name: { "'\($0.settingName)'" }) {
            reader.problem(problem.part?.settingName ?? "channels", problem.text)
        }
        if let problem = token?.problem { reader.problem("token", problem) }
        for name in headers.keys.sorted() {
            if let problem = HeaderReference.problem(of: name, hasToken: token != nil) {
                reader.problem("headers", problem)
            }
        }
    }

    /// What is wrong with the URL, which is stored and shown; `nil` if nothing is.
    var urlProblem: String? {
        guard let url, let target = try? WebSocketURL(url).target, venue.definition.hasSecret(inTarget: target) else {
            return nil
        }
        return "names the stream of an account, and that name is a secret: leave it out, and use the channel 'account'"
    }

    /// The name of a query item that probably holds a secret.
    private var secretInQuery: String? {
        guard let query = url?.split(separator: "?", maxSplits: 1).dropFirst().first else { return nil }
        let suspects: Set<String> = [
            "token", "access_token", "auth", "key", "api_key", "apikey", "secret", "password", "pass", "signature",
            "listenkey", "listen_key",
        ]
        return query.split(separator: "&").map { $0.prefix { $0 != "=" }.lowercased() }.first { suspects.contains($0) }
    }
}
