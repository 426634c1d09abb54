/// Host and port of a URL (RFC 3986 §3.2), without user info.
struct URLAuthority: Hashable {
    /// What is wrong with the text, in lower case.
    struct Malformed: Error {
        let detail: String
    }

    /// A name or an address, without the brackets of an IPv6 address.
    let host: String
    /// 1...65535; `nil` if the URL names none.
    let port: Int?

    init(_ text: Substring) throws(Malformed) {
        let (host, portText) = text.first == "[" ? try Self.address(in: text) : try Self.name(in: text)
        guard !host.isEmpty else { throw Malformed(detail: "the host is missing") }
        // In a URL the zone of a link-local address follows "%25" (RFC 6874).
        let zone = host.firstRange(of: "%25")
        self.host = zone.map { host[..<$0.lowerBound] + "%" + host[$0.upperBound...] } ?? String(host)
        guard let portText, !portText.isEmpty else {
            port = nil
            return
        }
        guard portText.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(portText),
            (1...65_535).contains(number)
        else { throw Malformed(detail: "'\(portText)' is not a port between 1 and 65535") }
        port = number
    }

    /// `host:port`, with an IPv6 address in brackets.
    static func text(host: String, port: Int) -> String { "\(bracketed(host)):\(port)" }

    /// The host as written in a URL or header, without a zone, which has a meaning only on this machine.
    static func bracketed(_ host: String) -> String {
        host.contains(":") ? "[\(host.prefix { $0 != "%" })]" : host
    }

    private static func address(in text: Substring) throws(Malformed) -> (Substring, Substring?) {
        guard let end = text.firstIndex(of: "]") else { throw Malformed(detail: "']' is missing in the address") }
        let host = text[..<end].dropFirst()
        let rest = text[end...].dropFirst()
        guard rest.isEmpty || rest.first == ":" else { throw Malformed(detail: "':port' expected after ']'") }
        guard host.contains(":"), host.utf8.allSatisfy(isAddressByte) else {
            throw Malformed(detail: "'[\(host)]' is not an IPv6 address")
        }
        return (host, rest.isEmpty ? nil : rest.dropFirst())
    }

    private static func name(in text: Substring) throws(Malformed) -> (Substring, Substring?) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count <= 2 else { throw Malformed(detail: "an IPv6 address needs brackets: '[\(text)]'") }
        guard parts[0].utf8.allSatisfy(isNameByte) else { throw Malformed(detail: "'\(parts[0])' is not a host name") }
        return (parts[0], parts.count == 2 ? parts[1] : nil)
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    /// Hexadecimal digits, colons, dots, and a zone after `%`.
    private static func isAddressByte(_ byte: UInt8) -> Bool {
        isNameByte(byte) || byte == UInt8(ascii: ":") || byte == UInt8(ascii: "%")
    }
}
