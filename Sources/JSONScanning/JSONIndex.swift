import CJSONIndex

/// Finds the tokens of JSON texts and checks their grammar, one text after another, in memory that it keeps.
///
/// Use it for messages that arrive often: the cursor then neither searches nor checks. For other texts, a
/// ``JSONCursor`` alone is simpler.
@usableFromInline
package struct JSONIndex: Sendable {
    private var memory: TokenMemory?
    private let variant: feedrec_json_variant

    /// Uses the fastest instructions that the processor has.
    package init() {
        variant = feedrec_json_best_variant()
    }

    private init(_ variant: feedrec_json_variant) {
        self.variant = variant
    }

    /// The number of tokens that there is memory for; texts of about this length and longer get no index.
    @inlinable static var capacity: Int { 1 << 16 }

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
    /// The cursor, and values from it, are valid only during the call. A text that is not valid, or that has escapes,
    /// is read without an index: the cursor then reports the mistake where it is.
    @inlinable @inline(__always)
    package mutating func withCursor<Value, Failure: Error>(
        _ text: UnsafeRawBufferPointer,
        _ body: (JSONCursor) throws(Failure) -> Value
    ) throws(Failure) -> Value {
        defer { withExtendedLifetime(self) {} }
        return try body(tokens(of: text).map { JSONCursor(JSONBytes(text), token: $0) } ?? JSONCursor(text))
    }

    /// The same for ``JSONText/plain(_:)`` of `json`, or for `json` itself if nothing has to change.
    @inlinable @inline(__always)
    package mutating func withPlainCursor<Value, Failure: Error>(
        _ json: UnsafeRawBufferPointer,
        _ body: (JSONCursor) throws(Failure) -> Value
    ) throws(Failure) -> Value {
        defer { withExtendedLifetime(self) {} }
        if let tokens = tokens(of: json) { return try body(JSONCursor(JSONBytes(json), token: tokens)) }
        return try JSONText.withPlain(json) { text throws(Failure) in try body(JSONCursor(text)) }
    }

    /// The tokens of a text that can be indexed; valid until the next call, and as long as this value exists.
    @usableFromInline
    mutating func tokens(of text: UnsafeRawBufferPointer) -> UnsafePointer<UInt32>? {
        guard let start = text.baseAddress else { return nil }
        // No copy of this value may use the memory.
        if !isKnownUniquelyReferenced(&memory) { memory = TokenMemory() }
        guard let tokens = memory?.tokens else { return nil }
        let bytes = start.assumingMemoryBound(to: UInt8.self)
        return feedrec_json_index(variant, bytes, text.count, tokens, Self.capacity) ? UnsafePointer(tokens) : nil
    }

    /// The token after the container that starts at the token `opening` of `text`.
    @inlinable @inline(__always)
    static func tokenAfterContainer(_ opening: UnsafePointer<UInt32>) -> UnsafePointer<UInt32> {
        opening + Int(opening[capacity])
    }
}

/// Memory for the tokens of one text, of which only the pages that are written to cost anything.
///
/// `@unchecked Sendable`: ``JSONIndex`` writes only to memory that it alone refers to.
private final class TokenMemory: @unchecked Sendable {
    let tokens: UnsafeMutablePointer<UInt32> = .allocate(capacity: 2 * JSONIndex.capacity)

    deinit { tokens.deallocate() }
}
