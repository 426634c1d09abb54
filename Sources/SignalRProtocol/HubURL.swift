import TextEncoding

/// The URL of a hub, and the URLs derived from it.
///
/// It may use `ws`, `wss`, `http` or `https`; `ws` and `http` mean the same, and so do `wss` and `https`. Its own query
/// is part of every URL.
package struct HubURL: Hashable, Sendable {
    package let isSecure: Bool
    /// Host and port as written.
    package let authority: String
    /// At least `/`.
    package let path: String
    /// Without the question mark; empty if there is none.
    package let query: String

    /// Parses a URL; `nil` if it has another scheme or no host.
    package init?(_ text: String) {
        guard let colon = text.firstRange(of: "://") else { return nil }
        switch text[..<colon.lowerBound].lowercased() {
        case "ws", "http": isSecure = false
        case "wss", "https": isSecure = true
        default: return nil
        }
        let rest = text[colon.upperBound...].prefix { $0 != "#" }
        authority = String(rest.prefix { $0 != "/" && $0 != "?" })
        guard !authority.isEmpty else { return nil }
        let target = rest.dropFirst(authority.count)
        let path = target.prefix { $0 != "?" }
        self.path = path.isEmpty ? "/" : String(path)
        query = String(target.dropFirst(path.count).dropFirst())
    }

    /// The URL for negotiation: `/hub?x=1` becomes `/hub/negotiate?x=1&negotiateVersion=1`.
    ///
    /// A version that is already in the query is kept.
    package var negotiateURL: String {
        let hasVersion = query.split(separator: "&").contains { $0.lowercased().hasPrefix("negotiateversion=") }
        let items = [query, hasVersion ? "" : "negotiateVersion=\(HubNegotiation.versionMax)"]
        return text(path: path + (path.hasSuffix("/") ? "" : "/") + "negotiate", items: items)
    }

    /// The URL to connect to.
    ///
    /// - Parameters:
    ///   - id: The id from the negotiation; `nil` without negotiation.
    ///   - accessToken: A token for the query, if it cannot be sent in a header.
    /// - Returns: A URL with `ws` or `wss`.
    package func connectURL(id: String? = nil, accessToken: String? = nil) -> String {
        let items = [
            query, id.map { "id=" + PercentEncoding.encode($0) } ?? "",
            accessToken.map { "access_token=" + PercentEncoding.encode($0) } ?? "",
        ]
        return text(path: path, items: items)
    }

    private func text(path: String, items: [String]) -> String {
        let query = items.filter { !$0.isEmpty }.joined(separator: "&")
        return "\(isSecure ? "wss" : "ws")://\(authority)\(path)" + (query.isEmpty ? "" : "?" + query)
    }
}
