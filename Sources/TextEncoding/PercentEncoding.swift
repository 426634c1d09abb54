/// Percent-encoding of URLs (RFC 3986 §2.1).
package enum PercentEncoding {
    // MARK: Encoding

    /// Returns `text` with all but the unreserved characters encoded (RFC 3986 §2.3).
    package static func encode(_ text: some StringProtocol) -> String {
        encode(text) { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                true
            default: false
            }
        }
    }

    /// Returns `text` with all but visible ASCII characters encoded, and those of `others`.
    package static func encodeInvisible(_ text: some StringProtocol, and others: String = "") -> String {
        let others = Array(others.utf8)
        return encode(text) { $0 > 0x20 && $0 < 0x7f && !others.contains($0) }
    }

    private static func encode(_ text: some StringProtocol, keeping isKept: (UInt8) -> Bool) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var encoded: [UInt8] = []
        for byte in text.utf8 {
            if isKept(byte) {
                encoded.append(byte)
            } else {
                encoded += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: encoded, as: UTF8.self)
    }

    // MARK: Decoding

    /// Decodes; a `%` without two hexadecimal digits is kept, and bytes that are not UTF-8 are replaced.
    package static func decode(_ text: some StringProtocol) -> String {
        String(decoding: decodeBytes(text), as: UTF8.self)
    }

    /// Decodes to bytes; a `%` without two hexadecimal digits is kept.
    package static func decodeBytes(_ text: some StringProtocol) -> [UInt8] {
        decodeBytes(text, isStrict: false) ?? []
    }

    /// Decodes; `nil` for a `%` without two hexadecimal digits, and for bytes that are not UTF-8.
    package static func decodeStrictly(_ text: some StringProtocol) -> String? {
        decodeBytesStrictly(text).flatMap { String(validating: $0, as: UTF8.self) }
    }

    /// Decodes to bytes; `nil` for a `%` without two hexadecimal digits.
    package static func decodeBytesStrictly(_ text: some StringProtocol) -> [UInt8]? {
        decodeBytes(text, isStrict: true)
    }

    private static func decodeBytes(_ text: some StringProtocol, isStrict: Bool) -> [UInt8]? {
        let bytes = Array(text.utf8)
        var decoded: [UInt8] = []
        decoded.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "%") {
                if index + 2 < bytes.count, let high = bytes[index + 1].hexadecimalValue,
                    let low = bytes[index + 2].hexadecimalValue
                {
                    decoded.append(high << 4 | low)
                    index += 3
                    continue
                }
                if isStrict { return nil }
            }
            decoded.append(bytes[index])
            index += 1
        }
        return decoded
    }
}
