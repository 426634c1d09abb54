/// The byte order marks that some programs write at the start of text.
enum ByteOrderMark {
    private static let utf8: [UInt8] = [0xEF, 0xBB, 0xBF]

    /// `line` without a UTF-8 mark; joined files have marks in the middle too.
    static func removed(from line: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        guard line.first == utf8[0], line.starts(with: utf8) else { return line }
        return UnsafeRawBufferPointer(rebasing: line[utf8.count...])
    }

    /// The encoding of a file's first line, if that is UTF-16 or UTF-32, with or without a mark.
    ///
    /// A line of our formats begins with an ASCII character, so zero bytes show the width of a character.
    static func unsupportedEncoding(of line: UnsafeRawBufferPointer) -> String? {
        let front = Array(line.prefix(4))
        let isZero = front.map { $0 == 0 }
        if front.starts(with: [0xFF, 0xFE]) { return isZero.suffix(2) == [true, true] ? "UTF-32LE" : "UTF-16LE" }
        if front.starts(with: [0xFE, 0xFF]) { return "UTF-16BE" }
        switch isZero {
        case [true, true, false, false], [true, true, true, false]: return "UTF-32BE"
        case [false, true, true, true]: return "UTF-32LE"
        case [false, true, false, true]: return "UTF-16LE"
        case [true, false, true, false]: return "UTF-16BE"
        default: return nil
        }
    }
}
