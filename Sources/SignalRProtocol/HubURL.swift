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
            query, id.map { "id=" + Self.encoded($0) } ?? "",
            accessToken.map { "access_token=" + Self.encoded($0) } ?? "",
        ]
        return text(path: path, items: items)
    }

    /// `text` for use in a query: all but the unreserved characters are percent-encoded (RFC 3986 §2.3).
    package static func encoded(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                bytes.append(byte)
            default: bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private func text(path: String, items: [String]) -> String {
        let query = items.filter { !$0.isEmpty }.joined(separator: "&")
        return "\(isSecure ? "wss" : "ws")://\(authority)\(path)" + (query.isEmpty ? "" : "?" + query)
    }
}
