import JSONScanning

/// A value of a mapping, which is a table of a configuration file written as JSON.
indirect enum MappingValue: Sendable, Hashable {
    case text(String)
    case integer(Int64)
    case boolean(Bool)
    case list([MappingValue])
    case table([String: MappingValue])
    /// A value of another type, such as a fraction.
    case other

    /// The maximum size of a mapping, far above what a person writes.
    private static let bytesMax = 1 << 20
    private static let depthMax = 8

    /// Reads JSON; `nil` if it is malformed or too long.
    init?(json: String) {
        guard json.utf8.count <= Self.bytesMax else { return nil }
        var text = json
        let value = text.withUTF8 { bytes in
            try? Self.read(UnsafeRawBufferPointer(bytes))
        }
        guard let value else { return nil }
        self = value
    }

    private static func read(_ bytes: UnsafeRawBufferPointer) throws(JSONError) -> MappingValue {
        var cursor = JSONCursor(bytes)
        let value = try cursor.nextValue()
        try cursor.expectEnd()
        return try read(value, depth: 0)
    }

    private static func read(_ value: JSONValue, depth: Int) throws(JSONError) -> MappingValue {
        switch value.kind {
        case .string: return .text(value.text ?? "")
        case .number: return value.integer.map { .integer($0) } ?? .other
        case .true: return .boolean(true)
        case .false: return .boolean(false)
        case .null: return .other
        case .array, .object:
            guard depth < depthMax else { return .other }
            return try container(value, depth: depth + 1)
        }
    }

    private static func container(_ value: JSONValue, depth: Int) throws(JSONError) -> MappingValue {
        var cursor = JSONCursor(value.bytes)
        if value.kind == .array {
            var list: [MappingValue] = []
            try cursor.enterArray()
            while try cursor.nextElement() { list.append(try read(try cursor.nextValue(), depth: depth)) }
            return .list(list)
        }
        var table: [String: MappingValue] = [:]
        try cursor.enterObject()
        while let key = try cursor.nextKey() {
            let name = String(decoding: JSONText.unescaped(key), as: UTF8.self)
            table[name] = try read(try cursor.nextValue(), depth: depth)
        }
        return .table(table)
    }

    /// The text to compare with a message; `nil` for lists and tables.
    var comparable: String? {
        switch self {
        case .text(let text): text
        case .integer(let number): String(number)
        case .boolean(let value): value ? "true" : "false"
        case .list, .table, .other: nil
        }
    }
}
