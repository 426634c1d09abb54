/// A file that cannot be read as what it should be.
package struct ImportError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: Hashable, Sendable {
        case cannotOpen, cannotRead, corruptCompression, truncatedCompression, lineTooLong, unknownFormat, malformedLine
    }

    /// Where in the file.
    package enum Place: Hashable, Sendable {
        case wholeFile
        /// Offset in the file as stored, compressed where it is.
        case byte(Int64)
        /// Counted from 1, after decompression.
        case line(Int)
    }

    package let code: Code
    package let path: String
    package let place: Place
    package let detail: String

    package var description: String {
        switch place {
        case .wholeFile: "\(detail) ('\(path)')"
        case .byte(let offset): "\(detail) (at byte \(offset) of '\(path)')"
        case .line(let number): "\(detail) (line \(number) of '\(path)')"
        }
    }
}
