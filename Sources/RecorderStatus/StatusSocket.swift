// CTimex is imported because the compiler may find `timeval` through its header.
import CTimex
@preconcurrency import Dispatch

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// A status socket cannot be created, or does not answer.
package struct StatusSocketError: Error, CustomStringConvertible {
    package let description: String

    init(_ description: String) {
        self.description = description
    }
}

/// The socket `.status` in an archive's directory.
///
/// Each client gets one JSON document, then the connection closes.
///
/// It needs no port. Its owner and mode are those of the archive, so only users who may read the archive can ask.
package final class StatusSocket: Sendable {
    private static let name = ".status"

    private let path: String
    private let inode: ino_t
    private let source: any DispatchSourceRead

    /// Starts to listen.
    ///
    /// The caller holds the archive's lock, so a socket left by a dead recorder can be removed.
    package init(archive: String, answer: @escaping @Sendable () -> [UInt8]) throws {
        let path = "\(archive)/\(Self.name)"
        self.path = path
        unlink(path)
        let listener = Self.makeSocket()
        guard listener >= 0, Self.withAddress(archive, { bind(listener, $0, $1) }) == 0, listen(listener, 16) == 0
        else {
            let reason = String(cString: strerror(errno))
            if listener >= 0 { close(listener) }
            throw StatusSocketError("cannot listen on '\(path)': \(reason)")
        }
        inode = Self.inode(of: path) ?? 0
        let source = DispatchSource.makeReadSource(
            fileDescriptor: listener,
            queue: DispatchQueue(label: "feedrec.status")
        )
        source.setEventHandler {
            let client = accept(listener, nil, nil)
            guard client >= 0 else { return }
            defer { close(client) }
            // The socket's buffer is far larger than a document. A client that does not read gets only what fits.
            let bytes = answer()
            _ = send(client, bytes, bytes.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
        }
        source.setCancelHandler { close(listener) }
        source.resume()
        self.source = source
    }

    deinit {
        if isInPlace { unlink(path) }
        source.cancel()
    }

    /// False if the socket was deleted, for example with its directory, so that a new one is needed.
    package var isInPlace: Bool { Self.inode(of: path) == inode }

    private static func inode(of path: String) -> ino_t? {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_ino : nil
    }

    /// Returns the answer of this archive's recorder; `nil` if none is running.
    package static func ask(archive: String) throws -> [UInt8]? {
        let descriptor = makeSocket()
        guard descriptor >= 0 else {
            throw StatusSocketError("cannot create a socket: \(String(cString: strerror(errno)))")
        }
        defer { close(descriptor) }
        var patience = timeval(tv_sec: 5, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        guard withAddress(archive, { connect(descriptor, $0, $1) }) == 0 else {
            let code = errno
            if code == ENOENT || code == ECONNREFUSED { return nil }
            throw StatusSocketError("cannot reach the recorder of '\(archive)': \(String(cString: strerror(code)))")
        }
        var document: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 * 1024)
        while document.count < 16 << 20 {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            // A recorder that is shutting down resets late connections.
            if count < 0, errno == ECONNRESET, document.isEmpty { return nil }
            if count == 0 { return document.isEmpty ? nil : document }
            guard count > 0 else {
                throw StatusSocketError(
                    "the recorder of '\(archive)' does not answer: \(String(cString: strerror(errno)))"
                )
            }
            document += buffer[..<count]
        }
        throw StatusSocketError("the answer of the recorder of '\(archive)' is too long")
    }

    private static func makeSocket() -> Int32 {
        socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    }

    /// Calls `body` with the socket's address.
    ///
    /// The address uses the directory's descriptor, because a long path would not fit.
    private static func withAddress(
        _ archive: String,
        _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        let directory = open(archive, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { return -1 }
        var (address, length) = UnixSocketAddress.make("/proc/self/fd/\(directory)/\(name)")
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, length) }
        }
        let code = errno
        close(directory)
        errno = code
        return result
    }
}
