import SignalRProtocol
import TextEncoding

/// Finds the parts of a MessagePack message that a redaction must replace.
struct MT4PackedRewriter {
    private static let depthMax = 64

    private let redaction: MT4Redaction
    private var cursor: MessagePackCursor
    private var edits: [MT4Edit] = []

    /// Makes a rewriter.
    ///
    /// `message` must not include its length prefix.
    init(_ message: UnsafeRawBufferPointer, redaction: MT4Redaction) {
        self.redaction = redaction
        cursor = MessagePackCursor(message)
    }

    /// Returns the edits, in order.
    ///
    /// A value that is nil is not replaced.
    ///
    /// A value that is already `***` counts as changed.
    mutating func run() throws(MessagePackError) -> [MT4Edit] {
        try rewriteValue(depth: 0)
        guard cursor.isAtEnd else { throw cursor.failure("bytes behind the message") }
        return edits
    }

    private mutating func rewriteValue(depth: Int) throws(MessagePackError) {
        guard depth < Self.depthMax else { throw cursor.failure("nested deeper than \(Self.depthMax)") }
        let start = cursor.position
        switch try cursor.next() {
        case .array(let count):
            for _ in 0..<count { try rewriteValue(depth: depth + 1) }
        case .map(let count):
            for _ in 0..<count { try rewriteMember(depth: depth + 1) }
        case .string(let text):
            if let clean = redaction.rewritten(text, level: 0) { replace(from: start, with: clean) }
        case .binary(let bytes), .ext(_, let bytes):
            if MT4SecretNames.areNamed(in: bytes) || redaction.known.areIn(bytes) {
                replace(from: start, with: MT4Redaction.mark)
            }
        case .null, .boolean, .signed, .unsigned, .float32, .float64: break
        }
    }

    private mutating func rewriteMember(depth: Int) throws(MessagePackError) {
        let isTelling =
            switch try cursor.next() {
            case .string(let key), .binary(let key): redaction.applies(to: key)
            // No hub writes such a key, so the meaning of its value is unknown.
            case .array, .map, .ext: throw cursor.failure("a key that is neither text nor a number")
            case .null, .boolean, .signed, .unsigned, .float32, .float64: false
            }
        guard isTelling else { return try rewriteValue(depth: depth) }
        let start = cursor.position
        try cursor.skipValue()
        if cursor.bytes[start] != Self.null { replace(from: start, with: MT4Redaction.mark) }
    }

    private static let null: UInt8 = 0xc0

    /// Replaces the value from `start` up to the cursor with a string.
    private mutating func replace(from start: Int, with text: [UInt8]) {
        var packed: [UInt8] = []
        text.withUnsafeBytes { MessagePackWriter.appendString($0, to: &packed) }
        edits.append(MT4Edit(range: start..<cursor.position, replacement: packed))
    }
}
