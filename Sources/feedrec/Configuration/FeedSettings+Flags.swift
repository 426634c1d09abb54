import ArgumentParser
import NIOCore
import Recording
import Venues

extension FeedSettings {
    /// The flags that ask for the same feed.
    ///
    /// A feed of a file goes the way of the flags, so that both mean the same, and no rule is written twice.
    var flags: [String] {
        var flags = ["--venue", venue.rawValue, "--url", url]
        func add(_ flag: String, _ value: String?) {
            if let value { flags += ["\(flag)=\(value)"] }
        }
        func add(_ flag: String, if isSet: Bool) {
            if isSet { flags.append(flag) }
        }
        add("--trade-platform", tradePlatform)
        for symbol in symbols { add("--symbol", symbol) }
        add("--all-symbols", if: allSymbols)
        add("--margin", if: margin)
        for stream in streams { add("--stream", stream) }
        add("--ca-file", caFile)
        add("--client-cert", clientCert)
        add("--client-key", clientKey)
        for pin in pins { add("--pin", pin) }
        add("--no-proxy", if: !useProxy)
        add("--compress", if: compress)
        add("--connect-timeout", "\(Int(connectTimeout / .milliseconds(1)))ms")
        add("--pong-timeout", "\(Int(pongTimeout / .milliseconds(1)))ms")
        add("--message-limit", String(messageLimit))
        return flags
    }

    /// The feed itself; the error says what is wrong with a file it names, or a combination of options.
    func configuration(token: @escaping @Sendable () throws -> String?, group: any EventLoopGroup) throws -> FeedConfiguration {
        let options: FeedOptions
        do {
            options = try FeedOptions.parse(flags)
        } catch {
            throw Failure("feed '\(name)': \(FeedOptions.message(for: error))")
        }
        do {
            var configuration = try options.configuration(token: token, bars: bars, group: group)
            configuration.name = name
            configuration.backoff = Backoff(first: .milliseconds(250), max: retryMax)
            configuration.watch = watchRules
            return configuration
        } catch {
            throw Failure("feed '\(name)': \(error)")
        }
    }

    /// The token, where there is one.
    func resolveToken(environment: [String: String]) throws -> String? {
        do {
            return try token?.resolve(environment: environment)
        } catch {
            throw Failure("feed '\(name)': \(error)")
        }
    }
}

extension FeedSettings {
    fileprivate var watchRules: WatchRules {
        var rules = WatchRules.standard(venue: venue, streams: streams)
        switch silence {
        case .automatic: rules.silence = .automatic
        case .off: rules.silence = .off
        case .after(let duration): rules.silence = .after(duration)
        }
        if rules.ackTimeout != nil { rules.ackTimeout = ackTimeout }
        return rules
    }
}

extension WatchRules {
    /// What is expected of a venue's connection.
    static func standard(venue: Venue, streams: [String]) -> WatchRules {
        var rules = WatchRules()
        switch venue {
        case .mt4: rules.ackTimeout = .seconds(30)
        case .binanceSpot:
            // Trades and aggregate trades of one symbol are numbered apart, which their numbers do not show.
            let symbols = { (kind: String) in
                Set(streams.filter { $0.hasSuffix("@\(kind)") }.map { $0.prefix { $0 != "@" }.lowercased() })
            }
            rules.tradesAreNumbered = symbols("trade").isDisjoint(with: symbols("aggTrade"))
        }
        return rules
    }
}
