package import MarketModel

/// A file that cannot be read as what it should be.
package struct ImportError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: Hashable, Sendable {
        case cannotOpen, cannotRead, corruptCompression, truncatedCompression, unsupportedEncoding
        case lineTooLong, unknownFormat, malformedLine
        /// The messages are not those of the venue that was named.
        case notUnderstood
        /// The receive times are evidently in this unit, which is not the one that is read.
        case wrongTimeUnit(UnixTimeUnit)
    }

    /// Where in the file.
    package enum Place: Hashable, Sendable {
        case wholeFile
        /// Offset in the file as stored, which may be compressed.
        case byte(Int64)
        /// Counted from 1, after decompression.
        case line(Int)
    }

    package let code: Code
    package let path: String
    package let place: Place
    package let detail: String

    package init(code: Code, path: String, place: Place, detail: String) {
        self.code = code
        self.path = path
        self.place = place
        self.detail = detail
    }

    package var description: String {
        switch place {
        case .wholeFile: "\(detail) ('\(path)')"
        case .byte(let offset): "\(detail) (at byte \(offset) of '\(path)')"
        case .line(let number): "\(detail) (line \(number) of '\(path)')"
        }
    }
}
