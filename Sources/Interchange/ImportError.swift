package import MarketModel

/// Why a file cannot be imported.
package struct ImportError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: Hashable, Sendable {
        case cannotOpen, cannotRead, corruptCompression, truncatedCompression, unsupportedEncoding
        case lineTooLong, unknownFormat, malformedLine
        /// The messages do not match the named venue.
        case notUnderstood
        /// No venue, or several, understand the messages, and none was named.
        case unclearVenue
        /// The file has no receive times, and the messages have none of the venue.
        case noReceiveTimes
        /// The files of one import have different kinds of receive times.
        case mixedReceiveTimes
        /// The receive times are evidently in this unit, which differs from the expected one.
        case wrongTimeUnit(UnixTimeUnit)
    }

    /// The position of the error in the file.
    package enum Place: Hashable, Sendable {
        case wholeFile
        /// Offset in the stored file, which may be compressed.
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
