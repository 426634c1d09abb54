/// Bytes that are not valid JSON, or not the expected JSON (RFC 8259).
@usableFromInline
package struct JSONError: Error, Hashable, CustomStringConvertible {
    /// Position in the text where the reader stopped, in bytes.
    package let offset: Int
    package let detail: String

    @usableFromInline
    package init(offset: Int, detail: String) {
        self.offset = offset
        self.detail = detail
    }

    @usableFromInline package var description: String { "bad JSON at byte \(offset): \(detail)" }
}
