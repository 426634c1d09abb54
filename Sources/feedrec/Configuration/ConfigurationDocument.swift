import Foundation
import TOMLKit

/// A TOML file (toml.io, version 1.0) as a tree of values with their line numbers.
struct ConfigurationDocument {
    let origin: String
    let root: ConfigurationNode

    /// The largest file that is read, in bytes: far more than a person writes.
    private static let bytesMax = 1 << 20

    init(contentsOf path: String) throws {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw ConfigurationError(origin: path, "cannot be read")
        }
        guard data.count <= Self.bytesMax else {
            throw ConfigurationError(origin: path, "is longer than \(Self.bytesMax) bytes")
        }
        guard let text = String(data: data, encoding: .utf8), !text.utf8.contains(0) else {
            throw ConfigurationError(origin: path, "is not UTF-8 text")
        }
        try self.init(text: text, origin: path)
    }

    init(text: String, origin: String) throws {
        self.origin = origin
        let lines = TOMLLines(text)
        do {
            let table = try TOMLTable(string: text)
            root = ConfigurationNode(value: Self.members(of: table, path: "", lines: lines, depth: 0), line: 1)
        } catch let error as TOMLParseError {
            throw ConfigurationError(origin: origin, line: error.source.begin.line, Self.words(for: error))
        }
    }

    /// The parser's message without quoted text: the parser may quote the line, and a mistyped secret must not get into
    /// a log.
    private static func words(for error: TOMLParseError) -> String {
        let reason = error.description.prefix { $0 != "'" && $0 != "\"" }
        return
            "bad TOML, column \(error.source.begin.column): \(reason.prefix(120).trimmingCharacters(in: .whitespaces))"
    }

    // MARK: From the parser's tree to ours

    /// The deepest nesting of tables; no configuration of ours needs more.
    private static let depthMax = 8

    private static func members(of table: TOMLTable, path: String, lines: TOMLLines, depth: Int)
        -> ConfigurationNode.Value
    {
        var members: [String: ConfigurationNode] = [:]
        for key in table.keys {
            guard let value = table[key] else { continue }
            let path = path.isEmpty ? key : "\(path).\(key)"
            members[key] = node(value, path: path, lines: lines, depth: depth)
        }
        return .table(members)
    }

    private static func node(_ value: any TOMLValueConvertible, path: String, lines: TOMLLines, depth: Int)
        -> ConfigurationNode
    {
        let line = lines[path]
        return ConfigurationNode(value: content(value, path: path, lines: lines, depth: depth), line: line)
    }

    private static func content(_ value: any TOMLValueConvertible, path: String, lines: TOMLLines, depth: Int)
        -> ConfigurationNode.Value
    {
        if let text = value.string { return .text(text) }
        if let integer = value.int { return .integer(integer) }
        if let boolean = value.bool { return .boolean(boolean) }
        guard depth < depthMax else { return .other }
        if let table = value.table { return members(of: table, path: path, lines: lines, depth: depth + 1) }
        guard let array = value.array else { return .other }
        return .list(
            array.enumerated().map { node($1, path: "\(path)[\($0)]", lines: lines, depth: depth + 1) }
        )
    }
}
