#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The stored bytes of a file, a pipe or a device, read front to back through one buffer.
final class FileInput {
    static let bufferBytes = 256 * 1024

    let path: String
    private let descriptor: CInt
    private let buffer: UnsafeMutableRawBufferPointer
    private var start = 0
    private var end = 0
    /// Offset in the file of the first unread byte.
    private(set) var offset: Int64 = 0

    /// Opens the file at `path`; `-` is standard input.
    init(path: String) throws(ImportError) {
        self.path = path
        descriptor = path == "-" ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            let detail = "cannot open: \(Self.errorText(errno))"
            throw ImportError(code: .cannotOpen, path: path, place: .wholeFile, detail: detail)
        }
        buffer = .allocate(byteCount: Self.bufferBytes, alignment: 16)
    }

    deinit {
        close(descriptor)
        buffer.deallocate()
    }

    /// Bytes that were read but not consumed yet; valid until the next ``fill(atLeast:)``.
    var unread: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: buffer[start..<end]) }

    func consume(_ count: Int) {
        start += count
        offset += Int64(count)
    }

    /// Reads until `count` bytes are unread; false if the file ends earlier.
    func fill(atLeast count: Int = 1) throws(ImportError) -> Bool {
        guard end - start < count else { return true }
        buffer.copyMemory(from: unread)
        end -= start
        start = 0
        while end < count {
            let length = read(descriptor, buffer.baseAddress?.advanced(by: end), buffer.count - end)
            if length == 0 { return false }
            if length > 0 {
                end += length
            } else if errno != EINTR {
                let detail = "cannot read: \(Self.errorText(errno))"
                throw ImportError(code: .cannotRead, path: path, place: .byte(offset), detail: detail)
            }
        }
        return true
    }

    private static func errorText(_ code: CInt) -> String {
        let text = String(cString: strerror(code))
        return text.prefix(1).lowercased() + text.dropFirst()
    }
}

/// The path of an input file, as given by the user.
package enum InputPath {
    /// True for standard input, pipes and devices, which can be read only once.
    package static func isStream(_ path: String) -> Bool {
        guard path != "-" else { return true }
        var status = stat()
        guard stat(path, &status) == 0 else { return false }
        return [S_IFIFO, S_IFCHR, S_IFSOCK].contains(status.st_mode & S_IFMT)
    }
}
