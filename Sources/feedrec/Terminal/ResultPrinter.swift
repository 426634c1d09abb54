import Archive
import ArgumentParser
import JSONScanning
import TextEncoding

enum ResultFormat: String, ExpressibleByArgument, CaseIterable {
    case table, csv, json, ndjson
}

/// Prints the rows of a query as they arrive.
struct ResultPrinter: ~Copyable {
    private let format: ResultFormat
    private var output = StandardOutput()
    private var columns: [String] = []
    private var table: TextTable?
    private var isArrayOpen = false

    init(format: ResultFormat) {
        self.format = format
    }

    mutating func take(_ event: SQLEvent) throws {
        switch event {
        case .columns(let names):
            try endStatement()
            columns = names
            switch format {
            case .csv: try output.writeLine(names.map(CSV.field).joined(separator: ","))
            case .table: table = TextTable(columns: names)
            case .json, .ndjson: break
            }
        case .row(let values):
            try take(values)
        }
    }

    mutating func finish() throws {
        try endStatement()
        if format == .json { try output.writeLine(isArrayOpen ? "\n]" : "[]") }
        try output.flush()
    }

    private mutating func take(_ values: [SQLValue]) throws {
        switch format {
        case .csv: try output.writeLine(values.map(CSV.field).joined(separator: ","))
        case .ndjson: try output.writeLine(object(values))
        case .json:
            try output.write((isArrayOpen ? ",\n  " : "[\n  ") + object(values))
            isArrayOpen = true
        case .table:
            for line in table?.add(values) ?? [] { try output.writeLine(line) }
        }
    }

    private mutating func endStatement() throws {
        for line in table?.finish() ?? [] { try output.writeLine(line) }
        table = nil
    }

    private func object(_ values: [SQLValue]) -> String {
        var object = JSONObjectWriter()
        for (name, value) in zip(columns, values) { object.raw(name, value.json) }
        return object.text()
    }
}

/// Comma-separated values as in RFC 4180, but with line feeds as line ends.
enum CSV {
    static func field(_ text: String) -> String {
        let needsQuotes = text.utf8.contains { $0 == 0x2C || $0 == 0x22 || $0 == 0x0A || $0 == 0x0D }
        guard needsQuotes else { return text }
        var quoted = "\""
        for character in text.unicodeScalars {
            if character == "\"" { quoted.append("\"") }
            quoted.unicodeScalars.append(character)
        }
        return quoted + "\""
    }

    /// `NULL` is an empty field.
    static func field(_ value: SQLValue) -> String {
        value == .null ? "" : field(value.text)
    }
}

extension SQLValue {
    var isNumber: Bool {
        switch self {
        case .integer, .real: true
        default: false
        }
    }

    /// The value for people; a BLOB as hexadecimal digits.
    var text: String {
        switch self {
        case .null: ""
        case .integer(let value): String(value)
        case .real(let value): Self.text(of: value)
        case .text(let text): text
        case .blob(let bytes): bytes.hexadecimal
        }
    }

    var json: String {
        switch self {
        case .null: "null"
        case .integer(let value): String(value)
        case .real(let value): value.isFinite ? Self.text(of: value) : "null"
        case .text(let text): JSONText.quoted(text)
        case .blob(let bytes): JSONText.quoted(bytes.hexadecimal)
        }
    }

    /// The shortest decimal number that reads back as `value`.
    ///
    /// Numbers of ordinary size have no exponent.
    private static func text(of value: Double) -> String {
        let text = value.description
        guard text.contains("e"), value.magnitude < 1e15, value.magnitude >= 1e-12 || value == 0 else { return text }
        return PlainDecimal.text(ofScientific: text)
    }
}
