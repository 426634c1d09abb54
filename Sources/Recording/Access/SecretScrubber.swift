/// Removes a set of secrets from texts.
///
/// One pass over a text finds all of them, whatever their number and length.
struct SecretScrubber: Sendable {
    /// Shorter texts, in bytes, would also match ordinary words.
    static let secretBytesMin = 4

    private var known: Set<[UInt8]> = []
    /// The secrets by their first four bytes, the longest first.
    private var byStart: [UInt32: [[UInt8]]] = [:]

    init() {}

    mutating func add(_ secret: String) {
        let bytes = Array(secret.utf8)
        guard bytes.count >= Self.secretBytesMin, known.insert(bytes).inserted else { return }
        var others = byStart[Self.start(of: bytes, at: 0), default: []]
        others.insert(bytes, at: others.firstIndex { $0.count < bytes.count } ?? others.count)
        byStart[Self.start(of: bytes, at: 0)] = others
    }

    /// Returns `text` with `***` for each secret; a secret that is cut at the end of `text` is also replaced.
    func scrubbed(_ text: String) -> String {
        let bytes = Array(text.utf8)
        var clean: [UInt8] = []
        clean.reserveCapacity(bytes.count)
        var position = 0
        while position < bytes.count {
            if let count = secretBytes(in: bytes, at: position) {
                clean.append(contentsOf: "***".utf8)
                position += count
            } else {
                clean.append(bytes[position])
                position += 1
            }
        }
        return String(decoding: clean, as: UTF8.self)
    }

    /// The length of the secret at `position`, in bytes; `nil` if none begins there.
    private func secretBytes(in text: [UInt8], at position: Int) -> Int? {
        guard position + Self.secretBytesMin <= text.count,
            let candidates = byStart[Self.start(of: text, at: position)]
        else { return nil }
        for secret in candidates {
            let count = min(secret.count, text.count - position)
            if secret[..<count] == text[position..<position + count] { return count }
        }
        return nil
    }

    private static func start(of bytes: [UInt8], at position: Int) -> UInt32 {
        bytes[position..<position + secretBytesMin].reduce(0) { $0 << 8 | UInt32($1) }
    }
}
