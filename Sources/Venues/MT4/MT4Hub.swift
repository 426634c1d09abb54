/// The hubs of a CPlugin server.
package enum MT4Hub: String, Sendable, Hashable, CaseIterable {
    case mt4
    /// Known only for `Connect` and its connection status. The published page gives no path, so ours follows the
    /// others.
    case mt5
    /// For first experiments, without a token: `Ping`, `GetServerTime`, and a clock that ticks every second.
    case test

    /// The hub's path after the server's base path.
    package var path: String { "/hubs/\(rawValue)/v1" }

    package var needsToken: Bool { self != .test }

    /// Returns the hub of this path, after any base path and in any case.
    package init?(path: String) {
        let path = path.lowercased()
        guard let hub = Self.allCases.first(where: { path.hasSuffix($0.path) }) else { return nil }
        self = hub
    }
}
