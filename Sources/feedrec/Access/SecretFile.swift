#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Reads files that hold a secret.
///
/// A path may be wrong in many ways, and a mistake must not stop the program: a pipe without a writer and a device
/// without an end are refused, too.
enum SecretFile {
    /// Keys and tokens are far shorter, in bytes.
    static let bytesMax = 64 << 10
    /// How long a pipe may stay silent, in milliseconds.
    private static let patienceMilliseconds: Int32 = 5000

    struct Problem: Error {
        let reason: String
    }

    /// Returns the whole text of a file, or of a pipe up to its end.
    static func read(_ path: String) throws(Problem) -> String {
        // Without O_NONBLOCK, opening a pipe would wait for its writer.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw Problem(errno) }
        defer { close(descriptor) }
        var facts = stat()
        guard fstat(descriptor, &facts) == 0 else { throw Problem(errno) }
        guard facts.st_mode & S_IFMT != S_IFDIR else { throw Problem(EISDIR) }
        let bytes = try bytes(of: descriptor)
        guard let text = String(validating: bytes, as: UTF8.self) else { throw Problem(reason: "it is not UTF-8") }
        return text.hasPrefix("\u{FEFF}") ? String(text.dropFirst()) : text
    }

    private static func bytes(of descriptor: Int32) throws(Problem) -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while bytes.count <= bytesMax {
            var state = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&state, 1, patienceMilliseconds) > 0 else { throw Problem(reason: "it did not end within 5 s") }
            let count = readSome(descriptor, &buffer)
            if count == 0 { return bytes }
            if count > 0 { bytes += buffer[..<count] }
            if count < 0, errno != EINTR, errno != EAGAIN { throw Problem(errno) }
        }
        throw Problem(reason: "it has more than \(bytesMax >> 10) KiB")
    }
}

extension SecretFile.Problem {
    fileprivate init(_ code: Int32) { reason = String(cString: strerror(code)) }
}

/// `read(2)`, whose name is taken here.
private func readSome(_ descriptor: Int32, _ buffer: inout [UInt8]) -> Int {
    read(descriptor, &buffer, buffer.count)
}
