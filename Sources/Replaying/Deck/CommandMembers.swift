import JSONScanning
import MarketModel

/// The members of a command's JSON object.
///
/// An unknown or invalid member is an error.
struct CommandMembers {
    private(set) var cmd: String?
    private(set) var to: TapeMoment?
    private(set) var from: TapeMoment?
    private(set) var by: Int64?
    private(set) var speed: PlaybackSpeed?
    /// From 1 to 1,000,000.
    private(set) var events: Int?
    private(set) var interval: Int64?
    private(set) var off = false
    /// The names of all members except `cmd` and `id`, in their order.
    private var names: [String] = []
    private var problem: DeckError?

    /// The longest ID that is returned in the answer, in bytes as written.
    private static let idBytesMax = 100

    init() {}

    /// Reads a JSON object.
    ///
    /// `id` is set to the JSON text of the ID as soon as it is read, so that errors can include it.
    init(_ bytes: UnsafeRawBufferPointer, id: inout String?) throws(DeckError) {
        var seen: Set<String> = []
        do throws(JSONError) {
            var cursor = JSONCursor(bytes)
            try cursor.enterObject()
            while let key = try cursor.nextKey() {
                let name = String(decoding: key, as: UTF8.self)
                let value = try cursor.nextValue()
                if !seen.insert(name).inserted { note("'\(name.prefix(40))' is given twice") }
                if name == "id" { id = readID(value) } else { set(name, value) }
            }
            try cursor.expectEnd()
        } catch {
            throw DeckError(.badJSON, "the command is not a JSON object: \(error)")
        }
        if cmd == nil, let problem { throw problem }
    }

    /// Throws if there is a member that the command `name` does not take, or a member of a wrong type.
    func check(_ known: [String], of name: String) throws(DeckError) {
        if let other = names.first(where: { !known.contains($0) }) {
            let hint = Suggestion.hint(for: other, among: known)
            throw DeckError(.badCommand, "\(name) takes no '\(other.prefix(40))'\(hint)")
        }
        if let problem { throw problem }
    }

    private mutating func note(_ text: String) {
        if problem == nil { problem = DeckError(.badCommand, text) }
    }

    private mutating func readID(_ value: JSONValue) -> String? {
        switch value.kind {
        case .string where value.bytes.count <= Self.idBytesMax: return value.text.map(JSONText.quoted)
        case .number where value.integer != nil: return value.integer.map { "\($0)" }
        default:
            note("'id' must be a whole number, or a string of at most \(Self.idBytesMax) bytes")
            return nil
        }
    }

    private mutating func set(_ name: String, _ value: JSONValue) {
        if name == "cmd" {
            cmd = value.text
            if cmd == nil { note("'cmd' must be a string") }
            return
        }
        names.append(name)
        switch name {
        case "to": to = wanted(TapeMoment(value), name, "nanoseconds, ISO 8601 or '+5m'")
        case "from": from = wanted(TapeMoment(value), name, "nanoseconds, ISO 8601 or '+5m'")
        case "by":
            by = wanted(value.text.flatMap(TapeLength.init(signedText:)), name, "a length such as '-10s'")?.nanoseconds
        case "speed":
            let text = value.kind == .number ? String(decoding: value.bytes, as: UTF8.self) : value.text
            speed = wanted(text.flatMap(PlaybackSpeed.init(text:)), name, "'max' or a positive number")
        case "events":
            let count = value.integer.flatMap { (1...1_000_000).contains($0) ? Int($0) : nil }
            events = wanted(count, name, "a whole number from 1 to 1000000")
        case "interval":
            let length = value.text.flatMap(TapeLength.init(text:)).flatMap { $0.nanoseconds > 0 ? $0 : nil }
            interval = wanted(length, name, "a length such as '1m'")?.nanoseconds
        case "off":
            off = value.boolean ?? false
            if !off { note("'off' must be true") }
        // Other names are refused by ``check(_:of:)``.
        default: break
        }
    }

    /// Records a problem if there is no `value`.
    private mutating func wanted<Value>(_ value: Value?, _ name: String, _ description: String) -> Value? {
        if value == nil { note("'\(name)' must be \(description)") }
        return value
    }
}
