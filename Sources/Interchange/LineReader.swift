#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Reads the lines of a plain, gzip or zstd file as bytes, without a copy or an allocation per line.
///
/// A line ends in LF or CR LF, which are not part of it; the last line may lack its end. A UTF-8 byte order mark is not
/// part of its line; other Unicode encodings are an error. If compressed data is truncated or corrupt, the error comes
/// after every complete line before the damage.
package final class LineReader {
    package static let lineBytesMax = 64 * 1024 * 1024

    package let path: String
    /// The number of the last returned line, counted from 1.
    package private(set) var lineNumber = 0
    /// True if the last returned line is the last of the file and has no line end.
    package private(set) var isLineCutOff = false
    private let input: DecodedInput
    private let lineBytesMax: Int
    private var buffer: UnsafeMutableRawBufferPointer
    /// The unread bytes of the buffer; the first ``searchedBytes`` of them contain no line end.
    private var start = 0
    private var end = 0
    private var searchedBytes = 0
    private var isAtEnd = false
    private var failure: ImportError?

    package init(path: String, lineBytesMax: Int = LineReader.lineBytesMax) throws(ImportError) {
        self.path = path
        self.lineBytesMax = lineBytesMax
        input = try DecodedInput(path: path)
        buffer = .allocate(byteCount: FileInput.bufferBytes, alignment: 16)
    }

    deinit {
        buffer.deallocate()
    }

    /// Returns the next line, valid until the next call; `nil` at the end of the file.
    package func nextLine() throws(ImportError) -> UnsafeRawBufferPointer? {
        while true {
            if let length = lineLength() {
                try checkLength(length)
                defer { start += length + 1 }
                return try line(length)
            }
            if let failure { throw failure }
            try checkLength(end - start)
            if isAtEnd {
                guard end > start else { return nil }
                isLineCutOff = true
                defer { start = end }
                return try line(end - start)
            }
            refill()
        }
    }

    /// The length of the next line without its LF; `nil` if the LF has not been read yet.
    private func lineLength() -> Int? {
        guard end - start > searchedBytes, let base = buffer.baseAddress else { return nil }
        let from = base + start + searchedBytes
        guard let found = memchr(from, 0x0A, end - start - searchedBytes) else {
            searchedBytes = end - start
            return nil
        }
        searchedBytes = 0
        return found - UnsafeMutableRawPointer(base + start)
    }

    private func line(_ length: Int) throws(ImportError) -> UnsafeRawBufferPointer {
        lineNumber += 1
        searchedBytes = 0
        let isCarriageReturn = length > 0 && buffer[start + length - 1] == 0x0D
        let line = UnsafeRawBufferPointer(rebasing: buffer[start..<start + length - (isCarriageReturn ? 1 : 0)])
        if lineNumber == 1 { try checkEncoding(line) }
        return ByteOrderMark.removed(from: line)
    }

    private func checkEncoding(_ line: UnsafeRawBufferPointer) throws(ImportError) {
        guard let encoding = ByteOrderMark.unsupportedEncoding(of: line) else { return }
        let detail = "the file is written in \(encoding); convert it to UTF-8, as with 'iconv -f \(encoding) -t UTF-8'"
        throw ImportError(code: .unsupportedEncoding, path: path, place: .line(lineNumber), detail: detail)
    }

    private func checkLength(_ length: Int) throws(ImportError) {
        guard length > lineBytesMax else { return }
        let detail = "a line longer than \(lineBytesMax) bytes"
        throw ImportError(code: .lineTooLong, path: path, place: .line(lineNumber + 1), detail: detail)
    }

    /// Reads more after the unread bytes; an error is kept until the lines before it have been returned.
    private func refill() {
        if start > 0 {
            buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: buffer[start..<end]))
            end -= start
            start = 0
        }
        if end == buffer.count { grow() }
        do throws(ImportError) {
            let count = try input.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[end...]))
            end += count
            isAtEnd = count == 0
        } catch {
            failure = ImportError(
                code: error.code,
                path: error.path,
                place: error.place,
                detail: "\(error.detail), after line \(wholeLines)"
            )
        }
    }

    /// Number of lines that end within the bytes read so far.
    private var wholeLines: Int {
        lineNumber + buffer[start..<end].count { $0 == 0x0A }
    }

    /// Doubles the buffer; the line limit bounds it to less than twice that limit.
    private func grow() {
        let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: buffer.count * 2, alignment: 16)
        larger.copyMemory(from: UnsafeRawBufferPointer(buffer))
        buffer.deallocate()
        buffer = larger
    }
}
