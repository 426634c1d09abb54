#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// The reader of our output went away; that is the reader's right and no failure.
struct BrokenPipe: Error {}

/// What a terminal can do.
enum Terminal {
    static var isOutputTerminal: Bool { isatty(STDOUT_FILENO) == 1 }
    static var isErrorTerminal: Bool { isatty(STDERR_FILENO) == 1 }

    static func exit(_ status: Int32) -> Never {
        #if canImport(Glibc)
        Glibc.exit(status)
        #else
        Musl.exit(status)
        #endif
    }
}

/// Standard error: messages for people, a line each.
enum StandardError {
    static func write(_ line: String) {
        var bytes = Array(line.utf8)
        bytes.append(UInt8(ascii: "\n"))
        try? writeAll(bytes, to: STDERR_FILENO)
    }

    /// Overwrites the current line of a terminal; on anything else does nothing.
    static func progress(_ text: String) {
        guard Terminal.isErrorTerminal else { return }
        try? writeAll(Array("\r\u{1B}[K\(text)".utf8), to: STDERR_FILENO)
    }

    /// Clears the line of ``progress(_:)``.
    static func endProgress() {
        progress("")
    }
}

/// Standard output: data, buffered.
struct StandardOutput: ~Copyable {
    private var buffer: [UInt8] = []
    private static let bufferBytesMax = 256 * 1024

    mutating func write(_ text: String) throws {
        buffer.append(contentsOf: text.utf8)
        try flushIfLarge()
    }

    mutating func writeLine(_ text: String) throws {
        try write(text)
        buffer.append(UInt8(ascii: "\n"))
    }

    mutating func write(_ bytes: [UInt8]) throws {
        buffer.append(contentsOf: bytes)
        try flushIfLarge()
    }

    mutating func flush() throws {
        try writeAll(buffer, to: STDOUT_FILENO)
        buffer.removeAll(keepingCapacity: true)
    }

    private mutating func flushIfLarge() throws {
        if buffer.count >= Self.bufferBytesMax { try flush() }
    }

    /// Writes one line at once: for what others wait for.
    static func announce(_ line: String) throws {
        try writeAll(Array("\(line)\n".utf8), to: STDOUT_FILENO)
    }
}

/// Writes everything, however many calls it takes.
private func writeAll(_ bytes: [UInt8], to descriptor: Int32) throws {
    try bytes.withUnsafeBytes { buffer in
        var rest = buffer[...]
        while !rest.isEmpty {
            let written = write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
            if written < 0 {
                if errno == EINTR { continue }
                if errno == EPIPE { throw BrokenPipe() }
                throw Failure("cannot write the output: \(String(cString: strerror(errno)))")
            }
            rest = rest.dropFirst(written)
        }
    }
}
