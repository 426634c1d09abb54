import CJSONIndex

/// Finds the tokens of JSON texts, one text after another, in memory that it keeps.
///
/// This is the first of two passes; the cursor then needs no search. Use it for messages that arrive often. For other
/// texts, a ``JSONCursor`` alone is simpler.
package struct JSONIndex: Sendable {
    private var memory: TokenMemory?
    private let variant: feedrec_json_variant

    /// Longer texts are read without an index, so that its memory is bounded.
    private static let textBytesMax = 1 << 20

    /// Uses the fastest instructions that the processor has.
    package init() {
        variant = feedrec_json_best_variant()
    }

    private init(_ variant: feedrec_json_variant) {
        self.variant = variant
    }

    /// One index for each set of instructions that the processor has, so that they can be compared.
    package static var all: [JSONIndex] {
        (0...feedrec_json_best_variant().rawValue).map { JSONIndex(feedrec_json_variant($0)) }
    }

    /// Moves the memory out, so that a dialect can change itself while it reads a batch; put it back afterwards.
    package mutating func take() -> JSONIndex {
        defer { memory = nil }
        return self
    }

    /// Calls `body` with a cursor at the start of `text`.
    ///
    /// The cursor, and values from it, are valid only during the call. A text with a mistake inside a string is read
    /// without an index, so that the cursor reports the mistake as it always does.
    @inlinable @inline(__always)
    package mutating func withCursor<Value, Failure: Error>(
        _ text: UnsafeRawBufferPointer,
        _ body: (JSONCursor) throws(Failure) -> Value
    ) throws(Failure) -> Value {
        defer { withExtendedLifetime(self) {} }
        return try body(cursor(of: text))
    }

    /// The same for ``JSONText/plain(_:)`` of `json`, or for `json` itself if nothing has to change.
    @inlinable @inline(__always)
    package mutating func withPlainCursor<Value, Failure: Error>(
        _ json: UnsafeRawBufferPointer,
        _ body: (JSONCursor) throws(Failure) -> Value
    ) throws(Failure) -> Value {
        defer { withExtendedLifetime(self) {} }
        let cursor = cursor(of: json)
        guard cursor.mayHaveEscapes else { return try body(cursor) }
        return try JSONText.withPlain(json) { text throws(Failure) in try body(self.cursor(of: text)) }
    }

    /// A cursor that is valid until the next call, and as long as this value exists.
    @usableFromInline
    mutating func cursor(of text: UnsafeRawBufferPointer) -> JSONCursor {
        guard text.count <= Self.textBytesMax, let start = text.baseAddress else { return JSONCursor(text) }
        let tokens = tokens(for: text.count)
        var facts = feedrec_json_facts()
        _ = feedrec_json_index(variant, start.assumingMemoryBound(to: UInt8.self), text.count, tokens, &facts)
        guard facts.error_offset < 0 else { return JSONCursor(text) }
        return JSONCursor(JSONBytes(text), token: tokens, mayHaveEscapes: facts.has_backslash != 0)
    }

    /// Memory for the tokens of a text, which no copy of this value uses.
    @inline(__always)
    private mutating func tokens(for byteCount: Int) -> UnsafeMutablePointer<UInt32> {
        let capacity = feedrec_json_index_capacity(byteCount)
        if isKnownUniquelyReferenced(&memory), let memory, memory.capacity >= capacity { return memory.tokens }
        let memory = TokenMemory(capacity: capacity + capacity / 2)
        self.memory = memory
        return memory.tokens
    }
}

/// Memory for offsets.
///
/// `@unchecked Sendable`: ``JSONIndex`` writes only to memory that it alone refers to.
private final class TokenMemory: @unchecked Sendable {
    let capacity: Int
    let tokens: UnsafeMutablePointer<UInt32>

    init(capacity: Int) {
        self.capacity = capacity
        tokens = .allocate(capacity: capacity)
    }

    deinit { tokens.deallocate() }
}
