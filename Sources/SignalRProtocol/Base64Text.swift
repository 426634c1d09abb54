/// Base64 with padding (RFC 4648 §4), as .NET writes `byte[]`.
enum Base64Text {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// Appends `bytes` as a JSON string with its quotes.
    static func appendString(_ bytes: UnsafeRawBufferPointer, to output: inout [UInt8]) {
        output.append(UInt8(ascii: "\""))
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let count = min(3, bytes.count - start)
            var word: UInt32 = 0
            for index in 0..<3 { word = word << 8 | (index < count ? UInt32(bytes[start + index]) : 0) }
            for index in 0..<4 {
                let letter = alphabet[Int(word >> (18 - 6 * UInt32(index)) & 63)]
                output.append(index <= count ? letter : UInt8(ascii: "="))
            }
        }
        output.append(UInt8(ascii: "\""))
    }
}
