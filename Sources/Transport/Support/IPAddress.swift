#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Addresses in text form, as in URLs and lists.
enum IPAddress {
    /// The 4 or 16 bytes of an IPv4 or IPv6 address in its usual notation; `nil` for anything else, or with a zone.
    static func bytes(of text: String) -> [UInt8]? { bytes(of: text, AF_INET, 4) ?? bytes(of: text, AF_INET6, 16) }

    /// True if `text` is an address and not a name.
    static func isLiteral(_ text: String) -> Bool { bytes(of: text) != nil }

    private static func bytes(of text: String, _ family: Int32, _ count: Int) -> [UInt8]? {
        guard !text.utf8.contains(0) else { return nil }
        var bytes = [UInt8](repeating: 0, count: count)
        return inet_pton(family, text, &bytes) == 1 ? bytes : nil
    }
}
