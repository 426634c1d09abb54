/// Bytes that are not valid JSON, or not the expected JSON (RFC 8259).
package struct JSONError: Error, Hashable, CustomStringConvertible {
    /// Position in the text where the reader stopped, in bytes.
    package let offset: Int
    package let detail: String

    package init(offset: Int, detail: String) {
        self.offset = offset
        self.detail = detail
    }

    package var description: String { "bad JSON at byte \(offset): \(detail)" }
}
