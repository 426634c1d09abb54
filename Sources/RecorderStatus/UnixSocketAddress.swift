#if canImport(Glibc)
package import Glibc
#elseif canImport(Musl)
package import Musl
#endif

/// Addresses of local sockets (unix(7)).
package enum UnixSocketAddress {
    /// The maximum path length in bytes, including the final zero byte.
    package static let pathBytesMax = MemoryLayout.size(ofValue: sockaddr_un().sun_path)

    /// Makes the address of a path.
    ///
    /// A path that starts with an at sign is in the abstract name space.
    ///
    /// Longer paths are truncated.
    package static func make(_ path: String) -> (address: sockaddr_un, length: socklen_t) {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8.prefix(pathBytesMax - 1))
        withUnsafeMutableBytes(of: &address.sun_path) { buffer in
            buffer.copyBytes(from: bytes)
            if bytes.first == UInt8(ascii: "@") { buffer[0] = 0 }
        }
        let prefix = MemoryLayout<sockaddr_un>.size - pathBytesMax
        return (address, socklen_t(prefix + bytes.count + (path.hasPrefix("@") ? 0 : 1)))
    }
}
