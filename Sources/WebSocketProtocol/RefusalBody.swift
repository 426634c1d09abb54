import TextEncoding

/// Collects the first bytes of a refusal's body, for display.
struct RefusalBody: Sendable {
    static let excerptBytesMax = 256
    /// Larger than the excerpt, because chunk sizes take room too.
    private static let rawBytesMax = 1024

    /// How the body's end is found (RFC 9112 §6.3).
    private enum Framing: Sendable {
        case length(Int)
        case chunked
        case untilEnd
    }

    private let framing: Framing
    private var raw: [UInt8] = []

    init(of head: HTTPResponseHead) {
        if head.status < 200 || head.status == 204 || head.status == 304 {
            framing = .length(0)
        } else if head.headers.contains("Transfer-Encoding", token: "chunked") {
            framing = .chunked
        } else if let length = head.headers["Content-Length"].flatMap({ Int($0) }), length >= 0 {
            framing = .length(length)
        } else {
            framing = .untilEnd
        }
    }

    mutating func append(_ input: UnsafeRawBufferPointer) {
        raw.append(contentsOf: input.prefix(Self.rawBytesMax - raw.count))
    }

    /// Whether further bytes cannot change the excerpt.
    var isComplete: Bool { content.isComplete || content.bytes.count >= Self.excerptBytesMax }

    /// The excerpt as one line; `nil` for an empty body.
    var excerpt: String? {
        let printable = content.bytes.prefix(Self.excerptBytesMax).map { $0 < 0x20 || $0 == 0x7f ? 0x20 : $0 }
        let text = String(decoding: printable.trimmingSpaces(), as: UTF8.self)
        return text.isEmpty ? nil : text
    }

    private var content: (bytes: ArraySlice<UInt8>, isComplete: Bool) {
        switch framing {
        case .length(let length): (raw.prefix(length), raw.count >= min(length, Self.rawBytesMax))
        case .chunked: Self.decodeChunks(raw[...])
        case .untilEnd: (raw[...], false)
        }
    }

    /// Decodes the chunks received so far (RFC 9112 §7.1); stops at the first malformed one.
    private static func decodeChunks(_ raw: ArraySlice<UInt8>) -> (bytes: ArraySlice<UInt8>, isComplete: Bool) {
        var bytes: ArraySlice<UInt8> = []
        var rest = raw
        while let lineEnd = rest.firstIndex(of: 0x0a) {
            let digits = rest[..<lineEnd].prefix { $0.hexadecimalValue != nil }
            guard let length = Int(String(decoding: digits, as: UTF8.self), radix: 16), length > 0 else {
                return (bytes, true)
            }
            rest = rest[(lineEnd + 1)...]
            bytes += rest.prefix(length)
            // Two bytes follow the chunk.
            guard length < rest.count - 1 else { return (bytes, raw.count >= rawBytesMax) }
            rest = rest.dropFirst(length + 2)
        }
        return (bytes, raw.count >= rawBytesMax)
    }
}
