/// A `ws://` or `wss://` URL (RFC 6455 §3), taken apart.
package struct WebSocketURL: Hashable, Sendable, CustomStringConvertible {
    package let isSecure: Bool
    /// A name or an address, without the brackets of an IPv6 address.
    package let host: String
    package let port: Int
    /// Path and query as they are sent, at least `/`; bytes that cannot stand in a URL are percent-encoded.
    package let target: String

    package init(isSecure: Bool, host: String, port: Int, target: String = "/") {
        self.isSecure = isSecure
        self.host = host
        self.port = port
        self.target = target
    }

    /// Reads a URL; the error says what is wrong with it, without repeating its query.
    package init(_ text: String) throws(TransportError) {
        let (isSecure, rest) = try Self.scheme(of: text)
        let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        let remainder = rest.dropFirst(authority.count)
        guard !authority.contains("@") else {
            throw .invalidURL("user names and passwords in a URL are not supported")
        }
        guard !remainder.contains("#") else { throw .invalidURL("a WebSocket URL has no fragment ('#…')") }
        let (host, portText) = try Self.hostAndPort(of: authority)
        var port = isSecure ? 443 : 80
        if let portText, !portText.isEmpty {
            guard portText.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(portText),
                (1...65_535).contains(number)
            else { throw .invalidURL("'\(portText)' is not a port between 1 and 65535") }
            port = number
        }
        self.isSecure = isSecure
        self.host = host
        self.port = port
        self.target = Self.encode(remainder.first == "/" ? remainder : "/" + remainder)
    }

    /// `Host` as the handshake sends it: the port only where it is not the scheme's own.
    package var hostHeader: String {
        port == (isSecure ? 443 : 80) ? bracketedHost : authority
    }

    /// `host:port`, for messages.
    package var authority: String { "\(bracketedHost):\(port)" }

    /// The URL without its query, which may hold secrets.
    package var redacted: String {
        "\(isSecure ? "wss" : "ws")://\(hostHeader)\(target.prefix { $0 != "?" })"
    }

    /// Redacted, so that a secret never gets into a message by accident.
    package var description: String { redacted }

    private var bracketedHost: String { host.contains(":") ? "[\(host)]" : host }

    // MARK: Parts

    private static func scheme(of text: String) throws(TransportError) -> (isSecure: Bool, rest: Substring) {
        guard let colon = text.firstIndex(of: ":"), text[colon...].hasPrefix("://") else {
            throw .invalidURL("a WebSocket URL begins with ws:// or wss://")
        }
        let rest = text[colon...].dropFirst(3)
        switch text[..<colon].lowercased() {
        case "ws": return (false, rest)
        case "wss": return (true, rest)
        case let other: throw .invalidURL("a WebSocket URL begins with ws:// or wss://, not '\(other)://'")
        }
    }

    private static func hostAndPort(of authority: Substring) throws(TransportError) -> (String, Substring?) {
        let host: Substring
        let port: Substring?
        if authority.first == "[" {
            guard let end = authority.firstIndex(of: "]") else { throw .invalidURL("']' is missing in the address") }
            host = authority[..<end].dropFirst()
            let rest = authority[end...].dropFirst()
            guard rest.isEmpty || rest.first == ":" else { throw .invalidURL("':port' expected behind ']'") }
            guard host.contains(":"), host.utf8.allSatisfy(isAddressByte) else {
                throw .invalidURL("'[\(host)]' is not an IPv6 address")
            }
            port = rest.isEmpty ? nil : rest.dropFirst()
        } else {
            let parts = authority.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count <= 2 else { throw .invalidURL("an IPv6 address needs brackets: '[\(authority)]'") }
            host = parts[0]
            port = parts.count == 2 ? parts[1] : nil
            guard host.utf8.allSatisfy(isNameByte) else { throw .invalidURL("'\(host)' is not a host name") }
        }
        guard !host.isEmpty else { throw .invalidURL("the host is missing") }
        return (String(host), port)
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    /// Hexadecimal digits, colons, points, and a zone behind `%`.
    private static func isAddressByte(_ byte: UInt8) -> Bool {
        isNameByte(byte) || byte == UInt8(ascii: ":") || byte == UInt8(ascii: "%")
    }

    private static func encode(_ target: some StringProtocol) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var encoded: [UInt8] = []
        for byte in target.utf8 {
            if byte > 0x20, byte < 0x7f {
                encoded.append(byte)
            } else {
                encoded += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: encoded, as: UTF8.self)
    }
}
