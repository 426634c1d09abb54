import Foundation

/// A blocking TCP socket on 127.0.0.1; every wait ends after ten seconds.
final class Socket {
    struct Failed: Error {
        let call: String
        let errorNumber: Int32
    }

    private let descriptor: Int32

    private init(descriptor: Int32) throws {
        guard descriptor >= 0 else { throw Failed(call: "socket", errorNumber: errno) }
        self.descriptor = descriptor
        var limit = timeval(tv_sec: 10, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }

    private convenience init() throws {
        try self.init(descriptor: socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0))
    }

    deinit { close(descriptor) }

    static func connected(to port: UInt16) throws -> Socket {
        let socket = try Socket()
        let result = withAddress(port) { connect(socket.descriptor, $0, $1) }
        guard result == 0 else { throw Failed(call: "connect", errorNumber: errno) }
        return socket
    }

    /// Listens on a free port.
    static func listening() throws -> (Socket, port: UInt16) {
        let socket = try Socket()
        guard withAddress(0, { bind(socket.descriptor, $0, $1) }) == 0, listen(socket.descriptor, 8) == 0 else {
            throw Failed(call: "listen", errorNumber: errno)
        }
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        _ = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(socket.descriptor, $0, &length) }
        }
        return (socket, UInt16(bigEndian: address.sin_port))
    }

    func accepted() throws -> Socket { try Socket(descriptor: accept(descriptor, nil, nil)) }

    /// Returns received bytes, at least one; none if the peer has closed or reset the connection.
    func receive() throws -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        if count < 0, errno != ECONNRESET { throw Failed(call: "recv", errorNumber: errno) }
        return Array(buffer.prefix(max(count, 0)))
    }

    /// Sends all bytes; ignores a peer that has gone, because its earlier bytes must still be read.
    func transmit(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count < 0, errno == EPIPE || errno == ECONNRESET { return }
            guard count > 0 else { throw Failed(call: "send", errorNumber: errno) }
            sent += count
        }
    }

    private static func withAddress<Result>(
        _ port: UInt16,
        _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) -> Result {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
    }
}
