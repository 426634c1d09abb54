import MarketModel

extension MT4Venue {
    package func simulation(
        _ values: VenueOptionValues,
        _ setting: SimulationSetting
    ) throws(VenueOptionError) -> VenueSimulation {
        let symbols = (values.text(Simulation.symbols) ?? "").split(separator: ",").map(String.init)
        try check(values, symbols, setting)
        let platform = values.text(Simulation.tradePlatform) ?? ""
        var options = MT4Simulator.Options()
        options.hasMess = values.isSet(Simulation.mess)
        options.hasOutages = values.isSet(Simulation.outages)
        options.spelling.hasPascalCase = values.text(Simulation.casing) == "pascal"
        options.spelling.hasEnumNumbers = values.text(Simulation.enums) == "numbers"
        let simulator = MT4Simulator(
            seed: setting.seed,
            symbols: symbols,
            ratePerSecond: setting.ratePerSecond,
            start: setting.start,
            platform: platform,
            options: options
        )
        return VenueSimulation(server: server(values, setting)) { MT4SimulatedHub(simulator) }
    }

    private func check(
        _ values: VenueOptionValues,
        _ symbols: [String],
        _ setting: SimulationSetting
    ) throws(VenueOptionError) {
        var problems: [VenueOptionError.Problem] = []
        if symbols.isEmpty { problems.append(.invalid(Simulation.symbols, reason: "must name at least one symbol")) }
        if values.isGiven(Simulation.ending), !setting.hasEnd {
            let reason = "needs --count: it says what happens after that number of messages"
            problems.append(.invalid(Simulation.ending, reason: reason))
        }
        if !values.texts(Simulation.paths).allSatisfy({ $0.hasPrefix("/") && $0.count > 1 }) {
            problems.append(.invalid(Simulation.paths, reason: "must be a slash followed by a name"))
        }
        guard problems.isEmpty else { throw VenueOptionError(venue: name, problems) }
    }

    private func server(_ values: VenueOptionValues, _ setting: SimulationSetting) -> MT4HubServer {
        var server = MT4HubServer()
        server.hubs = Set(MT4Hub.allCases)
        server.paths = Set(values.texts(Simulation.paths).map { $0.lowercased() })
        let faults = Set(values.texts(Simulation.faults))
        server.behavior.bindsObjects = !faults.contains("positional-only")
        server.behavior.isUnauthorized = faults.contains("unauthorized")
        server.behavior.splitsRecords = faults.contains("split")
        server.behavior.sendsBinary = faults.contains("binary")
        server.behavior.allowsReconnect = values.text(Simulation.ending) == "reconnect"
        server.behavior.ending = ending(values)
        server.behavior.tapeStart = setting.start
        if faults.contains("redirect") {
            let token = "SECRET-redirected-\(setting.seed)"
            server.redirect = NegotiationRedirect(isSecure: setting.isSecure, accessToken: token)
        }
        return server
    }

    private func ending(_ values: VenueOptionValues) -> SessionEnding {
        switch values.text(Simulation.ending) {
        case "drop": .drop
        case "silence": .silence
        case "stay": .stay
        default: .close
        }
    }

    /// The options of a simulated hub.
    enum Simulation {
        static let mess = VenueOption(
            "mess",
            .flag,
            help: """
                mt4: mix in malformed records, nulls, repetitions, bursts, long messages, times out of order, other \
                spellings and unknown members.
                """
        )
        static let outages = VenueOption(
            "outages",
            .flag,
            help: "mt4: lose the MT4 server from time to time, report it, and send no quotes meanwhile."
        )
        static let casing = VenueOption(
            "casing",
            .choice(["camel", "pascal"], default: "camel"),
            help: "mt4: member names in camel case (tradePlatform) or pascal case (TradePlatform)."
        )
        static let enums = VenueOption(
            "enums",
            .choice(["names", "numbers"], default: "names"),
            help: "mt4: enumeration values as names or numbers."
        )
        static let faults = VenueOption(
            "fault",
            .choices(["positional-only", "unauthorized", "redirect", "split", "binary"]),
            help: """
                mt4: positional-only (objects do not bind), unauthorized (every call is refused), redirect \
                (negotiation redirects, with another token), split (records over two messages), binary (JSON in \
                binary messages); may be repeated.
                """
        )
        static let ending = VenueOption(
            "ending",
            .choice(["close", "reconnect", "drop", "silence", "stay"], default: "close"),
            help: """
                mt4: what follows --count messages: close, reconnect (a close that asks the client to reconnect), \
                drop (no close), silence (not even pings), stay (only pings).
                """
        )
        static let paths = VenueOption(
            "path",
            .list,
            help: "mt4: an additional path for the hub, such as /quotes; may be repeated."
        )
        static let symbols = VenueOption(
            "symbols",
            .text(default: "EURUSD,GBPUSD,USDJPY,XAUUSD"),
            help: "mt4: the symbols that are traded, with commas between them."
        )
        static let tradePlatform = VenueOption(
            "trade-platform",
            .text(default: "D7C53A8B-2F6C-4F09-9D2B-0F5A3C1E7A11"),
            help: "mt4: the trade platform in the messages."
        )

        static let all = [mess, outages, casing, enums, faults, ending, paths, symbols, tradePlatform]
    }
}
