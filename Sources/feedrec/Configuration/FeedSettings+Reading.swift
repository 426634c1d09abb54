import Recording
import SignalRProtocol
import Transport
import Venues

extension FeedSettings {
    private static let anyTime: ClosedRange<Duration> = .milliseconds(1)...(.seconds(86_400))

    /// Reads a feed; `nil` if a required option is missing.
    init?(_ reader: inout OptionReader) {
        let name = reader.required("name", .text)
        let venue = reader.required("venue", .venue)
        let url = reader.required("url", .text)
        self.init(name: name ?? "", venue: venue ?? .mt4, url: url ?? "")
        token = reader.optional("token", .token)
        tokenRenewal = reader.value("token_renewal", OptionType<TokenRenewal>.choice, default: tokenRenewal)
        headers = reader.optional("headers", .headers) ?? headers
        bars = reader.value("bars", .intervals, default: bars)
        readSubscription(&reader)
        readHub(&reader)
        readConnection(&reader)
        readLimits(&reader)
        readMarket(&reader)
        readOverlap(&reader)
        readLiveness(&reader)
        reader.finish()
        guard name != nil, venue != nil, url != nil else { return nil }
        check(reader)
    }

    private mutating func readSubscription(_ reader: inout OptionReader) {
        hub = reader.value("hub", OptionType<MT4Hub>.choice, default: hub)
        tradePlatform = reader.optional("trade_platform", .text)
        symbols = reader.value("symbols", .texts, default: symbols)
        allSymbols = reader.value("all_symbols", .boolean, default: allSymbols)
        allTicks = reader.value("all_ticks", .boolean, default: allTicks)
        symbolUpdates = reader.value("symbol_updates", .boolean, default: symbolUpdates)
        onlineUpdates = reader.value("online_updates", .boolean, default: onlineUpdates)
        trades = reader.value("trades", .boolean, default: trades)
        margin = reader.value("margin", .boolean, default: margin)
        userUpdates = reader.value("user_updates", .boolean, default: userUpdates)
        streams = reader.value("streams", .texts, default: streams)
    }

    private mutating func readHub(_ reader: inout OptionReader) {
        negotiate = reader.value("negotiate", .boolean, default: negotiate)
        tokenInQuery = reader.value("token_in_query", .boolean, default: tokenInQuery)
        hubProtocol = reader.value("hub_protocol", OptionType<HubProtocol>.choice, default: hubProtocol)
        brokerTimeZone = reader.optional("broker_time_zone", .zone)
        keepPersonalData = reader.value("keep_personal_data", .boolean, default: keepPersonalData)
    }

    private mutating func readConnection(_ reader: inout OptionReader) {
        caFile = reader.optional("ca_file", .path)
        clientCert = reader.optional("client_cert", .path)
        clientKey = reader.optional("client_key", .path)
        pins = reader.value("pins", .texts, default: pins)
        useProxy = reader.value("use_proxy", .boolean, default: useProxy)
        proxyCAFile = reader.optional("proxy_ca_file", .path)
        compress = reader.value("compress", .boolean, default: compress)
        connectTimeout = reader.value("connect_timeout", .duration(Self.anyTime), default: connectTimeout)
        proxyTimeout = reader.value("proxy_timeout", .duration(Self.anyTime), default: proxyTimeout)
        tlsTimeout = reader.value("tls_timeout", .duration(Self.anyTime), default: tlsTimeout)
        handshakeTimeout = reader.value("handshake_timeout", .duration(Self.anyTime), default: handshakeTimeout)
        retryMax = reader.value("retry_max", .duration(Self.anyTime), default: retryMax)
    }

    private mutating func readLimits(_ reader: inout OptionReader) {
        messageLimit = reader.value("message_limit", .size(1024...(64 << 20)), default: messageLimit)
        frameLimit = reader.optional("frame_limit", .size(1024...(64 << 20)))
        fragmentLimit = reader.value("fragment_limit", .integer(1...(1 << 30)), default: fragmentLimit)
        headerLimit = reader.value("header_limit", .size(1024...(1 << 20)), default: headerLimit)
        sendQueue = reader.value("send_queue", .size(1024...(1 << 30)), default: sendQueue)
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
        pingInterval = reader.value("ping_interval", .durationOrOff(Self.anyTime), default: pingInterval)
        pongTimeout = reader.value("pong_timeout", .durationOrOff(Self.anyTime), default: pongTimeout)
        idleTimeout = reader.value("idle_timeout", .durationOrOff(Self.anyTime), default: idleTimeout)
        sendTimeout = reader.value("send_timeout", .durationOrOff(Self.anyTime), default: sendTimeout)
        closeTimeout = reader.value("close_timeout", .duration(Self.anyTime), default: closeTimeout)
    }

    /// Checks the rules that involve several options.
    private func check(_ reader: OptionReader) {
        do { _ = try WebSocketURL(url) } catch { reader.problem("url", "'url': \(error)") }
        if let name = secretInQuery {
            reader.problem("url", "'url' contains a secret ('\(name)'): give it as token = { env = \"NAME\" }")
        }
        checkAccess(reader)
        checkMarket(reader)
        if (clientCert == nil) != (clientKey == nil) {
            reader.problem("client_cert", "'client_cert' and 'client_key' must be given together")
        }
        for key in Self.hubKeys where venue != .mt4 && reader.isChanged(key) {
            reader.problem(key, "'\(key)' is for the venue \"mt4\"")
        }
        do {
            _ = try OverlapRules(venue: venue, renewAfter: renewAfter, redundancy: redundancy)
        } catch {
            reader.problem(redundancy > 1 ? "redundancy" : "renew_after", "\(error)")
        }
        switch venue {
        case .mt4:
            if reader.isChanged("streams") { reader.problem("streams", "'streams' is for the venue \"binance-spot\"") }
            checkHub(reader)
        default:
            if streams.isEmpty { reader.problem("venue", "the venue \"binance-spot\" needs 'streams'") }
            for stream in streams {
                do { _ = try BinanceStreamRequest(stream) } catch { reader.problem("streams", "'streams': \(error)") }
            }
        }
    }

    private func checkAccess(_ reader: OptionReader) {
        if let problem = token?.problem { reader.problem("token", problem) }
        for name in headers.keys.sorted() {
            if let problem = HeaderReference.problem(of: name, hasToken: token != nil) {
                reader.problem("headers", problem)
            }
        }
    }

    private static let hubKeys = [
        "hub", "trade_platform", "symbols", "all_symbols", "all_ticks", "symbol_updates", "online_updates", "trades",
        "margin", "user_updates", "negotiate", "token_in_query", "hub_protocol", "broker_time_zone",
        "keep_personal_data", "symbol_sessions",
    ]

    private func checkHub(_ reader: OptionReader) {
        let asks =
            !symbols.isEmpty || allSymbols || allTicks || symbolUpdates || onlineUpdates || trades || margin
            || userUpdates
        switch hub {
        case .test:
            if asks || tradePlatform != nil {
                reader.problem("hub", "the hub \"test\" takes neither 'trade_platform' nor subscriptions")
            }
        case .mt4, .mt5:
            if tradePlatform == nil { reader.problem("venue", "the venue \"mt4\" needs 'trade_platform'") }
            // For the MT5 hub only Connect is known, and it already makes the hub report its connection.
            if !asks, hub == .mt4 {
                reader.problem(
                    "venue",
                    "the venue \"mt4\" needs 'symbols', 'all_ticks', 'all_symbols', 'margin', 'trades', "
                        + "'symbol_updates', 'online_updates' or 'user_updates'"
                )
            }
        }
    }

    /// The name of a query item that probably holds a secret.
    private var secretInQuery: String? {
        guard let query = url.split(separator: "?", maxSplits: 1).dropFirst().first else { return nil }
        let suspects: Set<String> = [
            "token", "access_token", "auth", "key", "api_key", "apikey", "secret", "password", "pass", "signature",
        ]
        return query.split(separator: "&").map { $0.prefix { $0 != "=" }.lowercased() }.first { suspects.contains($0) }
    }
}
