/// One value of a JSON text: its kind, and its bytes in place.
package struct JSONValue {
    package enum Kind: Sendable, Hashable {
        case string, number, object, array, `true`, `false`, null
    }

    package let kind: Kind
    /// For a string, the bytes between the quotes with escapes as written; for any other value, its text.
    package let bytes: UnsafeRawBufferPointer
    /// True if a string contains a backslash.
    package let hasEscapes: Bool

    package var isNull: Bool { kind == .null }

    /// `true` or `false`, also if written as a string in any case; otherwise `nil`.
    package var boolean: Bool? {
        switch kind {
        case .true: true
        case .false: false
        case .string where equalsIgnoringCase("true"): true
        case .string where equalsIgnoringCase("false"): false
        default: nil
        }
    }

    /// True for a string equal to `word`, in whatever way it is escaped.
    package func equals(_ word: StaticString) -> Bool {
        kind == .string && withText { $0.equals(word) }
    }

    /// True for a string equal to `word` ignoring ASCII case, in whatever way it is escaped.
    package func equalsIgnoringCase(_ word: StaticString) -> Bool {
        kind == .string && withText { $0.equalsIgnoringCase(word) }
    }

    /// Calls `body` with the bytes of a number, or with those of a string without escapes.
    @inline(__always)
    package func withText<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        hasEscapes ? JSONText.unescaped(bytes).withUnsafeBytes(body) : body(bytes)
    }

    /// A 64-bit integer, written as a number or as a string of digits; otherwise `nil`.
    package var integer: Int64? {
        guard kind == .number || kind == .string else { return nil }
        return withText(Self.integer)
    }

    private static func integer(_ bytes: UnsafeRawBufferPointer) -> Int64? {
        guard !bytes.isEmpty else { return nil }
        let isNegative = bytes[0] == UInt8(ascii: "-")
        var value: Int64 = 0
        guard bytes.count > (isNegative ? 1 : 0) else { return nil }
        for index in (isNegative ? 1 : 0)..<bytes.count {
            let digit = bytes[index] &- 0x30
            guard digit <= 9 else { return nil }
            let (scaled, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = scaled.subtractingReportingOverflow(Int64(digit))
            guard !overflow, !carry else { return nil }
            value = sum
        }
        // Collected as a negative number, whose range is larger by one.
        if isNegative { return value }
        return value == .min ? nil : -value
    }

    /// The text of a string, without escapes.
    ///
    /// `nil` for other kinds; lone surrogates become U+FFFD.
    package var text: String? {
        guard kind == .string else { return nil }
        guard hasEscapes else { return String(decoding: bytes, as: UTF8.self) }
        return String(decoding: JSONText.unescaped(bytes), as: UTF8.self)
    }
}

extension UnsafeRawBufferPointer {
    /// True if the bytes equal those of `word`.
    @inline(__always)
    package func equals(_ word: StaticString) -> Bool {
        guard count == word.utf8CodeUnitCount else { return false }
        for index in 0..<count where self[index] != word.utf8Start[index] { return false }
        return true
    }

    /// True if the bytes equal those of `word`, ignoring ASCII case.
    package func equalsIgnoringCase(_ word: StaticString) -> Bool {
        guard count == word.utf8CodeUnitCount else { return false }
        for index in 0..<count where self[index].asciiLowercased != word.utf8Start[index].asciiLowercased {
            return false
        }
        return true
    }

    /// True if the bytes end with those of `word`.
    package func hasSuffix(_ word: StaticString) -> Bool {
        guard count >= word.utf8CodeUnitCount else { return false }
        return UnsafeRawBufferPointer(rebasing: self[(count - word.utf8CodeUnitCount)...]).equals(word)
    }

    /// True if the bytes begin with those of `word`.
    package func hasPrefix(_ word: StaticString) -> Bool {
        guard count >= word.utf8CodeUnitCount else { return false }
        return UnsafeRawBufferPointer(rebasing: self[..<word.utf8CodeUnitCount]).equals(word)
    }
}

extension UInt8 {
    /// The byte with ASCII capitals in lower case.
    package var asciiLowercased: UInt8 {
        (0x41...0x5A).contains(self) ? self | 0x20 : self
    }
}
