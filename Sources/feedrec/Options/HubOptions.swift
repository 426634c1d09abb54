import ArgumentParser
import MarketModel
import Venues

/// How the simulated hub differs from a healthy hub.
struct HubOptions: ParsableArguments {
    @Flag(
        help: """
            mt4: mix in malformed records, nulls, repetitions, bursts, long messages, times out of order, other \
            spellings and unknown members.
            """
    )
    var mess = false

    @Flag(help: "mt4: lose the MT4 server from time to time, report it, and send no quotes meanwhile.")
    var outages = false

    @Option(help: "mt4: member names in camel case (tradePlatform) or pascal case (TradePlatform).")
    var casing = Casing.camel

    @Option(help: "mt4: enumeration values as names or numbers.")
    var enums = EnumForm.names

    @Option(
        name: .customLong("fault"),
        help: """
            mt4: positional-only (objects do not bind), unauthorized (every call is refused), redirect (negotiation \
            redirects, with another token), split (records over two messages), binary (JSON in binary messages); may \
            be repeated.
            """
    )
    var faults: [HubFault] = []

    @Option(
        help: """
            mt4: what follows --count messages: close, reconnect (a close that asks the client to reconnect), drop (no \
            close), silence (not even pings), stay (only pings).
            """
    )
    var ending = HubEnding.close

    @Option(name: .customLong("path"), help: "mt4: an additional path for the hub, such as /quotes; may be repeated.")
    var paths: [String] = []

    func validate() throws {
        guard paths.allSatisfy({ $0.hasPrefix("/") && $0.count > 1 }) else {
            throw ValidationError("--path must be a slash followed by a name")
        }
    }

    /// True if every option has its default.
    var isUsual: Bool {
        !mess && !outages && casing == .camel && enums == .names && faults.isEmpty && ending == .close && paths.isEmpty
    }

    var simulatorOptions: MT4Simulator.Options {
        var options = MT4Simulator.Options()
        options.hasMess = mess
        options.hasOutages = outages
        options.spelling.hasPascalCase = casing == .pascal
        options.spelling.hasEnumNumbers = enums == .numbers
        return options
    }

    func server(isSecure: Bool, seed: UInt64, tapeStart: UnixNanoseconds) -> MT4HubServer {
        var server = MT4HubServer()
        server.hubs = Set(MT4Hub.allCases)
        server.paths = Set(paths.map { $0.lowercased() })
        server.behavior.bindsObjects = !faults.contains(.positionalOnly)
        server.behavior.isUnauthorized = faults.contains(.unauthorized)
        server.behavior.splitsRecords = faults.contains(.split)
        server.behavior.sendsBinary = faults.contains(.binary)
        server.behavior.allowsReconnect = ending == .reconnect
        server.behavior.ending = ending.sessionEnding
        server.behavior.tapeStart = tapeStart
        if faults.contains(.redirect) {
            server.redirect = NegotiationRedirect(isSecure: isSecure, accessToken: "SECRET-redirected-\(seed)")
        }
        return server
    }
}

enum Casing: String, ExpressibleByArgument, CaseIterable {
    case camel, pascal
}

enum EnumForm: String, ExpressibleByArgument, CaseIterable {
    case names, numbers
}

enum HubFault: String, ExpressibleByArgument, CaseIterable {
    case positionalOnly = "positional-only"
    case unauthorized, redirect, split, binary
}

enum HubEnding: String, ExpressibleByArgument, CaseIterable {
    case close, reconnect, drop, silence, stay

    var sessionEnding: SessionEnding {
        switch self {
        case .close, .reconnect: .close
        case .drop: .drop
        case .silence: .silence
        case .stay: .stay
        }
    }
}
