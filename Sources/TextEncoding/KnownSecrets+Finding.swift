extension KnownSecrets {
    /// True if one of the secrets is in `bytes`; it is found 16 bytes at a time.
    package func areIn(_ bytes: UnsafeRawBufferPointer) -> Bool {
        forms.contains { form in form.withUnsafeBytes { Self.isFound($0, in: bytes) } }
    }

    // Use vectors on both sides of every operator: the operators with a scalar are generic and 300 times slower.
    private typealias Bytes = SIMD16<UInt8>
    private static let step = 16

    /// Compares the middle byte and the last byte at once, because the first bytes of all tokens are alike.
    private static func isFound(_ secret: UnsafeRawBufferPointer, in text: UnsafeRawBufferPointer) -> Bool {
        let starts = text.count - secret.count + 1
        guard starts > 0, let base = text.baseAddress else { return false }
        guard starts >= step else { return isFound(secret, in: text, at: 0..<starts) }
        let (middle, last) = (secret.count / 2, secret.count - 1)
        let middleByte = Bytes(repeating: secret[middle])
        let lastByte = Bytes(repeating: secret[last])
        var start = 0
        while true {
            let middles = (base + start + middle).loadUnaligned(as: Bytes.self)
            let lasts = (base + start + last).loadUnaligned(as: Bytes.self)
            let hits = unsafeBitCast((middles .== middleByte) .& (lasts .== lastByte), to: SIMD2<UInt64>.self)
            if hits.x | hits.y != 0, isFound(secret, in: text, at: start..<start + step) { return true }
            if start == starts - step { return false }
            start = min(start + step, starts - step)
        }
    }

    private static func isFound(
        _ secret: UnsafeRawBufferPointer,
        in text: UnsafeRawBufferPointer,
        at starts: Range<Int>
    ) -> Bool {
        starts.contains { text[$0..<$0 + secret.count].elementsEqual(secret) }
    }
}
