import JSONScanning

extension ConfigurationNode {
    /// The value as JSON, with the keys of each table in order, so that equal tables are equal texts.
    ///
    /// A value of a type that no option has, such as a fraction, becomes `null`.
    var json: String {
        switch value {
        case .text(let text): return JSONText.quoted(text)
        case .integer(let number): return String(number)
        case .boolean(let boolean): return boolean ? "true" : "false"
        case .list(let nodes): return "[" + nodes.map(\.json).joined(separator: ",") + "]"
        case .table(let members):
            let parts = members.sorted { $0.key < $1.key }.map { "\(JSONText.quoted($0.key)):\($0.value.json)" }
            return "{" + parts.joined(separator: ",") + "}"
        case .other: return "null"
        }
    }

    /// The line of the value that `path` leads to, such as `mapping.message[1].price`, or else of its closest parent.
    ///
    /// Keys may contain dots.
    func line(at path: some StringProtocol) -> Int? {
        guard !path.isEmpty else { return line }
        switch value {
        case .table(let members):
            let keys = members.keys.filter { key in
                path.hasPrefix(key)
                    && (path.count == key.count || ".[".contains(path.dropFirst(key.count).first ?? " "))
            }
            guard let key = keys.max(by: { $0.count < $1.count }), let node = members[key] else { return line }
            let rest = path.dropFirst(key.count)
            return node.line(at: rest.first == "." ? rest.dropFirst() : rest) ?? line
        case .list(let nodes):
            guard path.first == "[", let end = path.firstIndex(of: "]"),
                let index = Int(path[..<end].dropFirst()), nodes.indices.contains(index)
            else { return line }
            let rest = path[path.index(after: end)...]
            return nodes[index].line(at: rest.first == "." ? rest.dropFirst() : rest) ?? line
        case .text, .integer, .boolean, .other: return line
        }
    }
}

extension OptionType where Value == String {
    /// A table, as canonical JSON.
    static let table = OptionType(
        "a table",
        read: { value in
            guard case .table = value else { return nil }
            return ConfigurationNode(value: value).json
        },
        parse: { _ in nil },
        write: { InlineTable.toml(of: $0) }
    )
}

/// Writes a table as one value of a TOML file.
enum InlineTable {
    /// The TOML of a JSON value that ``ConfigurationNode/json`` has made; empty for anything else.
    static func toml(of json: String) -> String {
        var text = json
        return text.withUTF8 { bytes in
            var cursor = JSONCursor(UnsafeRawBufferPointer(bytes))
            return (try? toml(&cursor)) ?? ""
        }
    }

    private static func toml(_ cursor: inout JSONCursor) throws(JSONError) -> String {
        let value = try cursor.nextValue()
        var inner = JSONCursor(value.bytes)
        var parts: [String] = []
        switch value.kind {
        case .object:
            try inner.enterObject()
            while let key = try inner.nextKey() {
                parts.append("\"\(String(decoding: key, as: UTF8.self))\" = \(try toml(&inner))")
            }
            return parts.isEmpty ? "{}" : "{ " + parts.joined(separator: ", ") + " }"
        case .array:
            try inner.enterArray()
            while try inner.nextElement() { parts.append(try toml(&inner)) }
            return "[" + parts.joined(separator: ", ") + "]"
        case .string: return "\"\(String(decoding: value.bytes, as: UTF8.self))\""
        case .number, .true, .false, .null: return String(decoding: value.bytes, as: UTF8.self)
        }
    }
}
