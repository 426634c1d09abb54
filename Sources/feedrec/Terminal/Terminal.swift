import MarketModel

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// The reader of our output has closed it.
///
/// This is not a failure.
struct BrokenPipe: Error {}

/// The capabilities of the terminal.
enum Terminal {
    static var isOutputTerminal: Bool { isatty(STDOUT_FILENO) == 1 }
    static var isErrorTerminal: Bool { isatty(STDERR_FILENO) == 1 }

    /// Ends the program after writing what standard error still accepts.
    static func exit(_ status: Int32) -> Never {
        StandardError.drain()
        #if canImport(Glibc)
        Glibc.exit(status)
        #else
        Musl.exit(status)
        #endif
    }
}

/// Standard error: messages for people, one per line.
///
/// A reader that does not read never blocks the program.
enum StandardError {
    /// How long the program waits at its end for its last lines to be read.
    private static let patienceSeconds = 1.0

    private static let output = ErrorOutput { lost in
        "feedrec: warning: \(Counted.text(lost, "line was", "lines were")) lost here because standard error was not read"
    } write: { bytes in
        try? writeAll(bytes, to: STDERR_FILENO)
    }

    /// Lines that could not be written since the start.
    static var lostLines: Int64 { output.lostLines }

    /// From now on, reports the number of lost lines in the format of `log`.
    static func reportLostLines(in log: Log) {
        output.adopt { log.text(.warning, "log lines lost", ["lines": .integer($0)]) }
    }

    /// Writes a line.
    ///
    /// Control characters are escaped, see ``VisibleText``.
    static func write(_ line: String) {
        output.writeLine(VisibleText.escaped(line))
    }

    /// Overwrites the current line of a terminal.
    ///
    /// Does nothing if standard error is not a terminal.
    static func progress(_ text: String) {
        guard Terminal.isErrorTerminal else { return }
        output.writeIfIdle("\r\u{1B}[K\(text)")
    }

    /// Clears the line of ``progress(_:)``.
    static func endProgress() {
        guard Terminal.isErrorTerminal else { return }
        output.writeIfRoom("\r\u{1B}[K")
    }

    /// Waits a moment until queued lines are written.
    static func drain() {
        output.drain(seconds: patienceSeconds)
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

    /// Writes a line for people.
    ///
    /// Control characters are escaped, see ``VisibleText``.
    mutating func writeLine(visible text: String) throws {
        try writeLine(VisibleText.escaped(text))
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

    /// Writes one line at once, because other programs may wait for it.
    static func announce(_ line: String) throws {
        try writeAll(Array("\(line)\n".utf8), to: STDOUT_FILENO)
    }
}

/// Writes all bytes, with as many calls as it takes.
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
