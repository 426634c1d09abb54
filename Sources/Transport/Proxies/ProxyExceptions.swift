/// Hosts to reach without a proxy, as listed in `NO_PROXY`.
///
/// Entries are separated by commas or spaces: `*` for all; `example.com`, `.example.com` or `*.example.com` for the
/// name and its subdomains; an address; or a block of addresses such as `10.0.0.0/8`. Each except a block may end in
/// `:port` to match only that port. Case is ignored. Names are not looked up, so a block never matches a name.
package struct ProxyExceptions: Hashable, Sendable {
    private enum Rule: Hashable, Sendable {
        case all
        case name(String, port: Int?)
        case address([UInt8], port: Int?)
        case block([UInt8], prefixBits: Int)
    }

    private let rules: [Rule]

    /// Parses a list; ignores entries that cannot be read.
    package init(_ text: String) {
        rules = text.split { $0 == "," || $0 == " " || $0 == "\t" }.compactMap { Self.rule($0.lowercased()) }
    }

    /// Whether `host`, written without brackets, is reached without a proxy.
    package func contains(host: String, port: Int) -> Bool {
        var name = host.lowercased()
        if name.last == "." { name.removeLast() }
        let address = Self.addressBytes(name)
        return rules.contains { rule in
            switch rule {
            case .all: true
            case .name(let suffix, let only):
                (only ?? port) == port && (name == suffix || name.hasSuffix("." + suffix))
            case .address(let bytes, let only): (only ?? port) == port && address == bytes
            case .block(let bytes, let prefixBits): address.map { Self.begin($0, bytes, prefixBits) } ?? false
            }
        }
    }

    private static func rule(_ text: String) -> Rule? {
        if text == "*" { return .all }
        if let slash = text.firstIndex(of: "/") {
            guard let bytes = addressBytes(String(text[..<slash])), let bits = Int(text[slash...].dropFirst()),
                (0...bytes.count * 8).contains(bits)
            else { return nil }
            return .block(bytes, prefixBits: bits)
        }
        if let bytes = addressBytes(text) { return .address(bytes, port: nil) }
        var pattern = text[...]
        if pattern.hasPrefix("*.") { pattern = pattern.dropFirst() }
        if pattern.hasPrefix(".") { pattern = pattern.dropFirst() }
        if pattern.last == "." { pattern = pattern.dropLast() }
        guard let authority = try? URLAuthority(pattern) else { return nil }
        if let bytes = addressBytes(authority.host) { return .address(bytes, port: authority.port) }
        return .name(authority.host, port: authority.port)
    }

    /// The bytes of an IPv4 or IPv6 address, with or without brackets; `nil` for anything else.
    private static func addressBytes(_ text: String) -> [UInt8]? {
        let bare = text.hasPrefix("[") && text.hasSuffix("]") ? String(text.dropFirst().dropLast()) : text
        return IPAddress.bytes(of: bare)
    }

    private static func begin(_ address: [UInt8], _ block: [UInt8], _ bits: Int) -> Bool {
        guard address.count == block.count else { return false }
        let (whole, rest) = bits.quotientAndRemainder(dividingBy: 8)
        guard address.prefix(whole) == block.prefix(whole) else { return false }
        return rest == 0 || (address[whole] ^ block[whole]) >> (8 - rest) == 0
    }
}
