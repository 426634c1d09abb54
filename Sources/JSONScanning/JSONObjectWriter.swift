/// Writes one flat JSON object, without members whose value is `nil`.
package struct JSONObjectWriter {
    private var bytes: [UInt8] = [UInt8(ascii: "{")]

    package init() {}

    package mutating func text(_ name: String, _ value: String?) {
        guard let value else { return }
        key(name)
        JSONText.appendString(value, to: &bytes)
    }

    package mutating func integer(_ name: String, _ value: Int64?) {
        guard let value else { return }
        key(name)
        bytes.append(contentsOf: String(value).utf8)
    }

    /// Adds a member whose value is JSON already, such as a decimal number.
    package mutating func raw(_ name: String, _ json: String?) {
        guard let json else { return }
        key(name)
        bytes.append(contentsOf: json.utf8)
    }

    package mutating func boolean(_ name: String, _ value: Bool?) {
        raw(name, value.map { $0 ? "true" : "false" })
    }

    /// Ends the object and appends it.
    package consuming func finish(into output: inout [UInt8]) {
        bytes.append(UInt8(ascii: "}"))
        output.append(contentsOf: bytes)
    }

    /// The object as text.
    package consuming func text() -> String {
        var output: [UInt8] = []
        finish(into: &output)
        return String(decoding: output, as: UTF8.self)
    }

    private mutating func key(_ name: String) {
        if bytes.count > 1 { bytes.append(UInt8(ascii: ",")) }
        bytes.append(UInt8(ascii: "\""))
        bytes.append(contentsOf: name.utf8)
        bytes.append(contentsOf: "\":".utf8)
    }
}
