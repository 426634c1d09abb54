/// Why a message block cannot be read, or cannot be made.
///
/// The messages of a block that fails are not available; other blocks are not affected.
package struct BlockError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: Hashable, Sendable {
        /// Fewer bytes than the header promises.
        case truncated
        /// Bytes behind the checksum.
        case trailingBytes
        /// Not a message block at all.
        case wrongMagic
        /// Written by a newer feedrec.
        case unsupportedVersion
        case unsupportedCodec
        case checksumMismatch
        /// A header field that no writer produces, or that contradicts another.
        case invalidHeader
        /// A count or size beyond ``BlockLimits``.
        case limitExceeded
        /// zstd refused the body, or its own checksum failed.
        case decompressionFailed
        /// zstd could not compress the body; out of memory is the only known cause.
        case compressionFailed
        /// A column that is too short, too long, or holds an impossible value.
        case invalidColumn
    }

    package let code: Code
    /// Where the offending field begins: in the decompressed body for ``Code/invalidColumn``, else in the block.
    package let byteOffset: Int
    /// What the field should hold or may hold at most, where that is a number.
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
