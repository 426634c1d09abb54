import JSONScanning

/// Detects whether the text of a file's last line is an incomplete message.
enum CutOffText {
    /// The byte after each hub record; a message may contain several.
    private static let recordSeparator: UInt8 = 0x1E
    /// The length of a `\u` escape with its four digits, in bytes.
    private static let longestTokenBytes = 6

    /// True if `payload` ends inside a JSON text; other texts do not show where they end.
    static func isIncomplete(_ payload: UnsafeRawBufferPointer) -> Bool {
        let start = payload.lastIndex(of: recordSeparator).map { $0 + 1 } ?? 0
        let tail = UnsafeRawBufferPointer(rebasing: payload[start...])
        guard let first = tail.first, first == UInt8(ascii: "{") || first == UInt8(ascii: "[") else { return false }
        do throws(JSONError) {
            var cursor = JSONCursor(tail)
            try cursor.skipValue()
            return false
        } catch {
            // Invalid JSON in the middle came from the venue. The reader stops before a word or an escape that is cut
            // off.
            return error.offset + longestTokenBytes > tail.count
        }
    }
}
