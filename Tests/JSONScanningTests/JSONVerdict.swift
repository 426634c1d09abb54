import Foundation
import JSONScanning

/// A JSON text read by the cursor in two ways, each with and without an index, and by Foundation's `JSONSerialization`.
struct JSONVerdict {
    /// A way in which the cursor and Foundation may differ.
    ///
    /// In all of them the cursor follows RFC 8259, except that it leaves UTF-8 to the WebSocket layer, accepts lone
    /// surrogates (which RFC 8259 §8.2 allows), and has another limit for nesting.
    enum Difference: String, CaseIterable {
        case trailingComma = "Foundation accepts a comma before ']' and '}'"
        case encoding = "Foundation accepts a byte order mark, and UTF-16 and UTF-32, which it detects by zero bytes"
        case hugeNumber = "Foundation rejects numbers beyond the range of Double"
        case loneSurrogate = "Foundation rejects escapes of lone surrogates; the cursor reads them as U+FFFD"
        case nesting = "Foundation nests up to 512 levels, the cursor up to 128"
        case markInString = "Foundation drops a byte order mark (U+FEFF) at the start of a string"
        case invalidUTF8 = "Foundation rejects strings that are not UTF-8"
    }

    /// The result of the comparison.
    enum Outcome: Hashable {
        /// Both accept the text and read the same.
        case bothAccept
        case bothReject
        case known(Difference)
        /// A difference that is no ``Difference``, or two ways of reading with the cursor that disagree.
        case unexplained
    }

    /// The cursor's result when it enters containers; `nil` if it rejects the text.
    let entering: JSONTree?
    /// The cursor's result when it reads complete values first and then their slices.
    let skipping: JSONTree?
    /// True if an indexed cursor reads the same in both ways, and accepts the same texts.
    private let agreesWithIndex: Bool
    private let error: JSONError?
    private let isTooDeep: Bool
    private let foundation: Any?
    private let bytes: [UInt8]

    init(_ text: String) {
        self.init(Array(text.utf8))
    }

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        let entered = bytes.withUnsafeBytes { Self.entered(JSONCursor($0)) }
        let skipped = bytes.withUnsafeBytes { Self.skipped(JSONCursor($0)) }
        entering = try? entered.get()
        skipping = try? skipped.get()
        agreesWithIndex = bytes.withUnsafeBytes { bytes in
            JSONIndex.all.allSatisfy { index in
                var index = index
                return index.withCursor(bytes) { (try? Self.entered($0).get()) == (try? entered.get()) }
                    && index.withCursor(bytes) { (try? Self.skipped($0).get()) == (try? skipped.get()) }
            }
        }
        if case .failure(let error) = entered { self.error = error } else { error = nil }
        if case .failure(let error) = skipped {
            isTooDeep = error.detail.hasPrefix("nested deeper")
        } else {
            isTooDeep = false
        }
        foundation = try? JSONSerialization.jsonObject(with: Data(bytes), options: [.fragmentsAllowed])
    }

    /// Reads a text and enters its containers.
    private static func entered(_ start: JSONCursor) -> Result<JSONTree, JSONError> {
        var cursor = start
        do throws(JSONError) {
            let tree = try JSONTree(entering: &cursor)
            try cursor.expectEnd()
            return .success(tree)
        } catch {
            return .failure(error)
        }
    }

    /// Reads a text as one value, and then what is in it.
    private static func skipped(_ start: JSONCursor) -> Result<JSONTree, JSONError> {
        var cursor = start
        do throws(JSONError) {
            let value = try cursor.nextValue()
            try cursor.expectEnd()
            return .success(try JSONTree(value))
        } catch {
            return .failure(error)
        }
    }

    var outcome: Outcome {
        guard agreesWithIndex else { return .unexplained }
        if isTooDeep { return .known(.nesting) }
        guard entering == skipping else { return .unexplained }
        switch (entering, foundation) {
        case (let entering?, let foundation?):
            if entering.matches(foundation) { return .bothAccept }
            return entering.matches(foundation, ignoringMarks: true) ? .known(.markInString) : .unexplained
        case (let entering?, nil): return strictness(of: entering).map(Outcome.known) ?? .unexplained
        case (nil, _?): return leniency.map(Outcome.known) ?? .unexplained
        case (nil, nil): return (0...bytes.count).contains(error?.offset ?? -1) ? .bothReject : .unexplained
        }
    }

    /// True if both accept the text and read the same, both reject it, or a known difference explains the result.
    var agreesWithFoundation: Bool { outcome != .unexplained }

    /// Why Foundation may reject a text that the cursor accepts.
    private func strictness(of tree: JSONTree) -> Difference? {
        if String(validating: bytes, as: UTF8.self) == nil { return .invalidUTF8 }
        if tree.contains(where: \.isHugeNumber) { return .hugeNumber }
        return tree.contains(where: \.hasReplacementCharacter) ? .loneSurrogate : nil
    }

    /// Why Foundation may accept a text that the cursor rejects.
    private var leniency: Difference? {
        if bytes.contains(0) || bytes.starts(with: [0xEF, 0xBB, 0xBF]) { return .encoding }
        if bytes.starts(with: [0xFE, 0xFF]) || bytes.starts(with: [0xFF, 0xFE]) { return .encoding }
        return stoppedAfterComma ? .trailingComma : nil
    }

    /// The cursor stopped at a bracket that follows a comma.
    private var stoppedAfterComma: Bool {
        guard let offset = error?.offset, offset < bytes.count, "]}".utf8.contains(bytes[offset]) else { return false }
        return bytes[..<offset].last { !" \n\r\t".utf8.contains($0) } == UInt8(ascii: ",")
    }
}

/// A JSON value with the text of its numbers.
///
/// Booleans are the numbers 0 and 1, because Foundation's bridging does not distinguish them either.
indirect enum JSONTree: Equatable {
    case null
    case number(String)
    case string(String)
    case array([JSONTree])
    /// In the order of the text; of members with the same name, the last counts.
    case object([Member])

    struct Member: Equatable {
        let name: String
        let value: JSONTree
    }

    /// Reads the next value of `cursor`, entering containers.
    init(entering cursor: inout JSONCursor) throws(JSONError) {
        let rest = cursor.bytes[cursor.position...]
        switch rest.first(where: { !" \n\r\t".utf8.contains($0) }) {
        case UInt8(ascii: "{"):
            var members: [Member] = []
            try cursor.enterObject()
            while let key = try cursor.nextKey() {
                let name = String(decoding: JSONText.unescaped(key), as: UTF8.self)
                members.append(Member(name: name, value: try JSONTree(entering: &cursor)))
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
    init(_ value: JSONValue) throws(JSONError) {
        var cursor = JSONCursor(value)
        switch value.kind {
        case .null: self = .null
        case .true, .false: self = .number(value.boolean == true ? "1" : "0")
        case .number: self = .number(String(decoding: value.bytes, as: UTF8.self))
        case .string: self = .string(value.text ?? "not a string")
        case .array:
            var elements: [JSONTree] = []
            try cursor.enterArray()
            while try cursor.nextElement() { elements.append(try JSONTree(try cursor.nextValue())) }
            try cursor.expectEnd()
            self = .array(elements)
        case .object:
            var members: [Member] = []
            try cursor.enterObject()
            while let key = try cursor.nextKey() {
                let name = String(decoding: JSONText.unescaped(key), as: UTF8.self)
                members.append(Member(name: name, value: try JSONTree(try cursor.nextValue())))
            }
            try cursor.expectEnd()
            self = .object(members)
        }
    }

    /// True if Foundation's `other` is the same value.
    func matches(_ other: Any, ignoringMarks: Bool = false) -> Bool {
        switch self {
        case .null: return other is NSNull
        case .number(let text): return (other as? NSNumber).map { Self.number(text, equals: $0) } ?? false
        case .string(let text):
            guard let other = other as? String else { return false }
            return Self.units(text, ignoringMarks) == Self.units(other, ignoringMarks)
        case .array(let elements):
            guard let others = other as? [Any], others.count == elements.count else { return false }
            return zip(elements, others).allSatisfy { $0.matches($1, ignoringMarks: ignoringMarks) }
        case .object(let members):
            guard let others = other as? [String: Any] else { return false }
            let known = Dictionary(others.map { (Self.units($0, ignoringMarks), $1) }) { _, last in last }
            let own = Dictionary(members.map { (Self.units($0.name, ignoringMarks), $0.value) }) { _, last in last }
            return own.count == known.count
                && own.allSatisfy { name, value in
                    known[name].map { value.matches($0, ignoringMarks: ignoringMarks) } ?? false
                }
        }
    }

    /// Compared instead of strings, which are equal if they look the same.
    private static func units(_ text: String, _ ignoringMarks: Bool) -> [UInt8] {
        guard ignoringMarks else { return Array(text.utf8) }
        return Array(String(String.UnicodeScalarView(text.unicodeScalars.filter { $0 != "\u{FEFF}" })).utf8)
    }

    /// Whole numbers must be equal; others may differ by Foundation's own rounding.
    private static func number(_ text: String, equals other: NSNumber) -> Bool {
        if let integer = Int64(text) { return other.int64Value == integer }
        guard let number = Double(text) else { return false }
        return abs(other.doubleValue - number) <= max(abs(number) * 1e-14, .leastNormalMagnitude)
    }

    /// True if this value or one inside it satisfies `condition`.
    func contains(where condition: (JSONTree) -> Bool) -> Bool {
        if condition(self) { return true }
        switch self {
        case .array(let elements): return elements.contains { $0.contains(where: condition) }
        case .object(let members): return members.contains { $0.value.contains(where: condition) }
        default: return false
        }
    }

    var isHugeNumber: Bool {
        guard case .number(let text) = self else { return false }
        return Double(text)?.isInfinite ?? false
    }

    /// True if it is a string, or has a key, with the character that the cursor puts for a lone surrogate.
    var hasReplacementCharacter: Bool {
        switch self {
        case .string(let text): text.unicodeScalars.contains("\u{FFFD}")
        case .object(let members): members.contains { $0.name.unicodeScalars.contains("\u{FFFD}") }
        default: false
        }
    }
}
