import JSONScanning
import MarketModel

/// The spelling of a simulated hub.
///
/// The published page and SignalR's defaults differ.
package struct MT4Spelling: Sendable, Hashable {
    /// `TradePlatform` instead of `tradePlatform`.
    package var hasPascalCase = false
    /// `0` instead of `"Add"`: SignalR's own default.
    package var hasEnumNumbers = false
    /// `"1.08512"` instead of `1.08512`.
    package var hasTextNumbers = false
    /// `onTick` with `[platform, tick]` instead of `OnTick` with `[{tradePlatform, tick}]`: the page's sample.
    package var isPositional = false

    package init() {}
}

/// Writes hub records as JSON, one at a time.
struct MT4RecordWriter: Sendable {
    /// The last written record, without its separator.
    private(set) var bytes: [UInt8] = []
    var spelling = MT4Spelling()
    /// The ID of the MT4 server, as JSON text.
    let platform: [UInt8]
    /// The number of open objects and arrays inside the arguments.
    private var depth = 0

    init(platform: String) {
        self.platform = MT4JSON.quoted(platform)
    }

    // MARK: Records

    /// Starts a call of the client's callback `target`.
    ///
    /// Write the members of its payload next.
    mutating func beginEvent(_ target: StaticString) {
        begin(#"{"type":1,"target":""#)
        append(target)
        if spelling.isPositional { lowercaseTarget(target) }
        append(#"","arguments":["#)
        if spelling.isPositional {
            bytes.append(contentsOf: platform)
        } else {
            append("{")
            key("tradePlatform")
            bytes.append(contentsOf: platform)
        }
    }

    mutating func endEvent() { append(spelling.isPositional ? "]}" : "}]}") }

    /// Starts an item of the stream with this ID (JSON text).
    ///
    /// Write its single value next.
    mutating func beginItem(of invocationID: [UInt8]) {
        begin(#"{"type":2,"invocationId":"#)
        bytes.append(contentsOf: invocationID)
        append(#","item":"#)
        depth = 1
    }

    mutating func endItem() { append("}") }

    /// Replaces the record with these bytes, whatever they are.
    mutating func replace(with record: [UInt8]) { bytes = record }

    /// Appends `text` unchanged.
    mutating func append(_ text: StaticString) { MT4JSON.append(text, to: &bytes) }

    // MARK: Objects and arrays

    mutating func open(_ name: StaticString) {
        key(name)
        open()
    }

    /// Starts an object that is an array element or an item.
    mutating func open() {
        separate()
        append("{")
        depth += 1
    }

    mutating func close() {
        append("}")
        depth -= 1
    }

    mutating func openArray(_ name: StaticString) {
        key(name)
        append("[")
        depth += 1
    }

    mutating func closeArray() {
        append("]")
        depth -= 1
    }

    mutating func nullElement() {
        separate()
        append("null")
    }

    // MARK: Members

    /// Writes `mantissa / 10^digits` as a double prints: without trailing zeros.
    mutating func number(_ name: StaticString, _ mantissa: Int64, digits: UInt8 = 0) {
        key(name)
        if spelling.hasTextNumbers { append("\"") }
        MT4JSON.append(mantissa, digits: digits, to: &bytes)
        if spelling.hasTextNumbers { append("\"") }
    }

    mutating func text(_ name: StaticString, _ text: String) {
        key(name)
        JSONText.appendString(text, to: &bytes)
    }

    /// Writes a string that needs no escapes.
    mutating func plain(_ name: StaticString, _ text: [UInt8]) {
        key(name)
        append("\"")
        bytes.append(contentsOf: text)
        append("\"")
    }

    /// Writes a value that is already JSON text.
    mutating func json(_ name: StaticString, _ json: [UInt8]) {
        key(name)
        bytes.append(contentsOf: json)
    }

    mutating func json(_ name: StaticString, _ json: StaticString) {
        key(name)
        append(json)
    }

    mutating func boolean(_ name: StaticString, _ value: Bool) { json(name, value ? "true" : "false") }

    /// Writes an enumeration value, which has a name and a number.
    mutating func choice(_ name: StaticString, _ value: (name: StaticString, number: Int64)) {
        key(name)
        if spelling.hasEnumNumbers {
            MT4JSON.append(value.number, digits: 0, to: &bytes)
        } else {
            append("\"")
            append(value.name)
            append("\"")
        }
    }

    // MARK: Helpers

    private mutating func begin(_ head: StaticString) {
        bytes.removeAll(keepingCapacity: true)
        depth = 0
        append(head)
    }

    private mutating func key(_ name: StaticString) {
        separate()
        // Positional arguments have no names.
        guard depth > 0 || !spelling.isPositional else { return }
        append("\"")
        let start = bytes.count
        append(name)
        if spelling.hasPascalCase { bytes[start] &= 0xDF }
        append("\":")
    }

    private mutating func separate() {
        switch bytes.last {
        case UInt8(ascii: "{"), UInt8(ascii: "["), UInt8(ascii: ":"), UInt8(ascii: ","): break
        default: append(",")
        }
    }

    private mutating func lowercaseTarget(_ target: StaticString) {
        bytes[bytes.count - target.utf8CodeUnitCount] |= 0x20
    }
}
