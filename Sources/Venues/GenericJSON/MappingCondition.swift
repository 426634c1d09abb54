import JSONScanning

/// What a value of a message must be, so that the message is of a certain kind.
struct MappingCondition: Sendable, Hashable {
    enum Wanted: Sendable, Hashable {
        /// Any value but null.
        case present
        /// Null, or no value.
        case absent
        /// One of some texts.
        case oneOf([Pattern])
    }

    /// A text, or its beginning and its end with anything between them.
    struct Pattern: Sendable, Hashable {
        let begin: [UInt8]
        /// `nil` if the whole text is ``begin``.
        let end: [UInt8]?

        /// Reads a text: `live_trades_*` accepts any end, and a text without `*` only the same text.
        ///
        /// At most one `*` is allowed.
        init?(_ text: String) {
            let parts = text.split(separator: "*", omittingEmptySubsequences: false)
            guard parts.count <= 2 else { return nil }
            begin = Array(parts[0].utf8)
            end = parts.count == 2 ? Array(parts[1].utf8) : nil
        }

        func accepts(_ bytes: UnsafeRawBufferPointer) -> Bool {
            guard let end else { return bytes.elementsEqual(begin) }
            return bytes.count >= begin.count + end.count && bytes.starts(with: begin)
                && bytes.suffix(end.count).elementsEqual(end)
        }

        /// The part of a text that the pattern leaves open; `nil` if the text does not fit or the part is empty.
        func openPart(of text: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
            let end = text.count - (end?.count ?? 0)
            guard accepts(text), begin.count < end else { return nil }
            return UnsafeRawBufferPointer(rebasing: text[begin.count..<end])
        }
    }

    let path: MappingPath
    let wanted: Wanted

    func accepts(_ value: JSONValue?) -> Bool {
        guard let value, !value.isNull else { return wanted == .absent }
        switch wanted {
        case .present: return true
        case .absent: return false
        case .oneOf(let patterns):
            guard value.kind != .object, value.kind != .array else { return false }
            for pattern in patterns where value.withText({ pattern.accepts($0) }) { return true }
            return false
        }
    }
}
