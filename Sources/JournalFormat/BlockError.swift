/// Why a message block cannot be read or made.
///
/// None of the messages of that block are available; other blocks are not affected.
package struct BlockError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: Hashable, Sendable {
        /// Fewer bytes than the header states.
        case truncated
        /// Bytes after the checksum.
        case trailingBytes
        /// Not a message block at all.
        case wrongMagic
        /// Written by a newer feedrec.
        case unsupportedVersion
        case unsupportedCodec
        case checksumMismatch
        /// A header field that no writer produces, or that contradicts another field.
        case invalidHeader
        /// A count or size over ``BlockLimits``.
        case limitExceeded
        /// zstd rejected the body, or its own checksum failed.
        case decompressionFailed
        /// zstd could not compress the body; out of memory is the only known cause.
        case compressionFailed
        /// A column is too short, too long, or contains an invalid value.
        case invalidColumn
    }

    package let code: Code
    /// Offset of the invalid field: in the decompressed body for ``Code/invalidColumn``, otherwise in the block.
    package let byteOffset: Int
    /// The required or highest allowed value of the field, if it is a number.
    package let expected: UInt64?
    package let actual: UInt64?
    package let detail: String

    package init(
        _ code: Code,
        byteOffset: Int,
        expected: UInt64? = nil,
        actual: UInt64? = nil,
        _ detail: String
    ) {
        self.code = code
        self.byteOffset = byteOffset
        self.expected = expected
        self.actual = actual
        self.detail = detail
    }

    package var description: String {
        let place = code == .invalidColumn ? "byte \(byteOffset) of its decompressed body" : "byte \(byteOffset)"
        var text = "bad message block at \(place): \(detail)"
        if let expected, let actual { text += ", expected \(written(expected)), actual \(written(actual))" }
        return text
    }

    private func written(_ value: UInt64) -> String {
        guard code == .checksumMismatch || code == .wrongMagic else { return String(value) }
        let digits = String(value, radix: 16)
        return "0x" + String(repeating: "0", count: max(0, 8 - digits.count)) + digits
    }
}
