import Foundation
import JSONScanning

/// A JSON text read by the cursor in two ways, and by Foundation.
///
/// `JSONSerialization` differs from the cursor, and from RFC 8259, in these ways. It
/// - accepts a comma before `]` or `}`;
/// - accepts a byte order mark, and reads text with zero bytes as UTF-16 or UTF-32 (no text here has either);
/// - rejects numbers beyond the range of `Double`;
/// - rejects escapes of lone surrogates, which the cursor accepts and reads as U+FFFD;
/// - nests up to 512 levels instead of 128 (no text here comes near);
/// - checks UTF-8, which the cursor leaves to the WebSocket layer (every text here is valid).
struct JSONVerdict {
    /// The cursor's result when it enters containers; `nil` if it rejects the text.
    let entering: JSONTree?
    /// The cursor's result when it reads complete values first and then their slices.
    let skipping: JSONTree?
    private let errorOffset: Int?
    private let foundation: Any?
    private let bytes: [UInt8]

    init(_ text: String) {
        bytes = Array(text.utf8)
        var offset: Int?
        entering = bytes.withUnsafeBytes { bytes in
            var cursor = JSONCursor(bytes)
            do {
                let tree = try JSONTree(entering: &cursor)
                try cursor.expectEnd()
                return tree
            } catch {
                offset = (error as? JSONError)?.offset
                return nil
            }
        }
        skipping = bytes.withUnsafeBytes { bytes in
            var cursor = JSONCursor(bytes)
            guard let value = try? cursor.nextValue(), (try? cursor.expectEnd()) != nil else { return nil }
            return try? JSONTree(value)
        }
        errorOffset = offset
        foundation = try? JSONSerialization.jsonObject(with: Data(bytes), options: [.fragmentsAllowed])
    }

    /// True if both accept the text and read the same, both reject it, or a known difference explains the result.
    var agreesWithFoundation: Bool {
        switch (entering, foundation) {
        case (let entering?, let foundation?): entering.matches(foundation)
        case (let entering?, nil): entering.hasHugeNumberOrLoneSurrogate
        case (nil, _?): stoppedBehindComma
        case (nil, nil): (0...bytes.count).contains(errorOffset ?? -1)
        }
    }

    /// The cursor stopped at a bracket that follows a comma.
    private var stoppedBehindComma: Bool {
        guard let errorOffset, errorOffset < bytes.count, "]}".utf8.contains(bytes[errorOffset]) else { return false }
        return bytes[..<errorOffset].last { !" \n\r\t".utf8.contains($0) } == UInt8(ascii: ",")
    }
}

/// A JSON value; booleans are 0 and 1, because Foundation's bridging does not distinguish them either.
indirect enum JSONTree: Equatable {
    case null
    case number(Double)
    case string(String)
    case array([JSONTree])
    case object([String: JSONTree])

    /// Reads the next value of `cursor`, entering containers.
    init(entering cursor: inout JSONCursor) throws {
        let rest = cursor.bytes[cursor.position...]
        switch rest.first(where: { !" \n\r\t".utf8.contains($0) }) {
        case UInt8(ascii: "{"):
            var members: [String: JSONTree] = [:]
            try cursor.enterObject()
            while let key = try cursor.nextKey() {
                members[String(decoding: JSONText.unescaped(key), as: UTF8.self)] = try JSONTree(entering: &cursor)
            }
            self = .object(members)
        case UInt8(ascii: "["):
            var elements: [JSONTree] = []
            try cursor.enterArray()
            while try cursor.nextElement() { elements.append(try JSONTree(entering: &cursor)) }
            self = .array(elements)
        default:
            self = try JSONTree(try cursor.nextValue())
        }
    }

    /// Reads a value from its slice of the text.
    init(_ value: JSONValue) throws {
        var cursor = JSONCursor(value.bytes)
        switch value.kind {
        case .null: self = .null
        case .true, .false: self = .number(value.boolean == true ? 1 : 0)
        case .number: self = .number(Double(String(decoding: value.bytes, as: UTF8.self)) ?? .nan)
        case .string: self = .string(value.text ?? "not a string")
        case .array:
            var elements: [JSONTree] = []
            try cursor.enterArray()
            while try cursor.nextElement() { elements.append(try JSONTree(try cursor.nextValue())) }
            try cursor.expectEnd()
            self = .array(elements)
        case .object:
            var members: [String: JSONTree] = [:]
            try cursor.enterObject()
            while let key = try cursor.nextKey() {
                let name = String(decoding: JSONText.unescaped(key), as: UTF8.self)
                members[name] = try JSONTree(try cursor.nextValue())
            }
            try cursor.expectEnd()
            self = .object(members)
        }
    }

    func matches(_ other: Any) -> Bool {
        switch self {
        case .null: other is NSNull
        case .number(let number):
            (other as? NSNumber).map { abs($0.doubleValue - number) <= abs(number) * 1e-14 } ?? false
        case .string(let text): (other as? String).map { $0.utf8.elementsEqual(text.utf8) } ?? false
        case .array(let elements):
            (other as? [Any]).map { others in
                others.count == elements.count && zip(elements, others).allSatisfy { $0.matches($1) }
            } ?? false
        case .object(let members):
            (other as? [String: Any]).map { others in
                others.count == members.count
                    && members.allSatisfy { name, member in others[name].map(member.matches) ?? false }
            } ?? false
        }
    }

    var hasHugeNumberOrLoneSurrogate: Bool {
        switch self {
        case .null: false
        case .number(let number): number.isInfinite
        case .string(let text): text.unicodeScalars.contains("\u{FFFD}")
        case .array(let elements): elements.contains(where: \.hasHugeNumberOrLoneSurrogate)
        case .object(let members):
            members.contains { $0.unicodeScalars.contains("\u{FFFD}") || $1.hasHugeNumberOrLoneSurrogate }
        }
    }
}
