/// One value of a JSON text: its kind, and its bytes in place.
@usableFromInline
package struct JSONValue {
    @usableFromInline
    package enum Kind: UInt8, Sendable, Hashable {
        case string, number, object, array, `true`, `false`, null

        /// The synthesised comparison would be a call through a witness table in other targets.
        @inlinable @inline(__always)
        package static func == (left: Kind, right: Kind) -> Bool {
            unsafeBitCast(left, to: UInt8.self) == unsafeBitCast(right, to: UInt8.self)
        }
    }

    // The order of the members keeps the value within 32 bytes.
    /// For a string, the bytes between the quotes with escapes as written; for any other value, its text.
    @usableFromInline package let bytes: UnsafeRawBufferPointer
    /// The opening bracket in the index of the text; `nil` without one, and for other kinds.
    @usableFromInline let token: UnsafePointer<UInt32>?
    @usableFromInline package let kind: Kind
    /// True for a string that contains a backslash.
    @usableFromInline package let hasEscapes: Bool

    @inlinable @inline(__always)
    init(kind: Kind, bytes: UnsafeRawBufferPointer, hasEscapes: Bool, token: UnsafePointer<UInt32>? = nil) {
        self.kind = kind
        self.bytes = bytes
        self.hasEscapes = hasEscapes
        self.token = token
    }

    @inlinable package var isNull: Bool { kind == .null }

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
    @inlinable @inline(__always)
    package func withText<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        hasEscapes ? JSONText.unescaped(bytes).withUnsafeBytes(body) : body(bytes)
    }

    /// A 64-bit integer, written as a number or as a string of digits; otherwise `nil`.
    package var integer: Int64? {
        guard kind == .number || kind == .string else { return nil }
        return withText(Self.integer)
    }

    private static func integer(_ bytes: UnsafeRawBufferPointer) -> Int64? {
        guard bytes.count > 0 else { return nil }
        let isNegative = bytes[0] == UInt8(ascii: "-")
        var position = isNegative ? 1 : 0
        guard position < bytes.count else { return nil }
        // 18 digits cannot overflow.
        let safeEnd = min(bytes.count, position &+ 18)
        var value: Int64 = 0
        while position < safeEnd {
            let digit = bytes[position] &- 0x30
            guard digit <= 9 else { return nil }
            value = value &* 10 &+ Int64(digit)
            position &+= 1
        }
        if position < bytes.count { return longInteger(bytes[position...], after: value, isNegative: isNegative) }
        return isNegative ? 0 &- value : value
    }

    /// Reads the digits that follow the first 18, whose value is `value`.
    @inline(never)
    private static func longInteger(
        _ digits: Slice<UnsafeRawBufferPointer>,
        after value: Int64,
        isNegative: Bool
    ) -> Int64? {
        // Collected as a negative number, whose range is larger by one.
        var value = -value
        for byte in digits {
            let digit = byte &- 0x30
            guard digit <= 9 else { return nil }
            let (scaled, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = scaled.subtractingReportingOverflow(Int64(digit))
            guard !overflow, !carry else { return nil }
            value = sum
        }
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
    /// The offset of a part of these bytes.
    package func offset(of part: UnsafeRawBufferPointer) -> Int {
        guard let start = baseAddress, let partStart = part.baseAddress else { return 0 }
        return partStart - start
    }

    /// True if the bytes equal those of `word`.
    ///
    /// For a literal, this is a comparison with constants of up to eight bytes each.
    @inlinable @inline(__always)
    package func equals(_ word: StaticString) -> Bool {
        guard count == word.utf8CodeUnitCount else { return false }
        let expected = UnsafeRawBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount)
        var index = 0
        // The optimiser unrolls this for a literal, and turns its bytes into constants.
        while expected.count &- index >= 8 {
            guard
                loadUnaligned(fromByteOffset: index, as: UInt64.self)
                    == expected.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            else { return false }
            index &+= 8
        }
        if expected.count & 4 != 0 {
            guard
                loadUnaligned(fromByteOffset: index, as: UInt32.self)
                    == expected.loadUnaligned(fromByteOffset: index, as: UInt32.self)
            else { return false }
            index &+= 4
        }
        if expected.count & 2 != 0 {
            guard
                loadUnaligned(fromByteOffset: index, as: UInt16.self)
                    == expected.loadUnaligned(fromByteOffset: index, as: UInt16.self)
            else { return false }
            index &+= 2
        }
        return expected.count & 1 == 0 || self[index] == expected[index]
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
