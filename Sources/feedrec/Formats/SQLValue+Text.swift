import Archive
import JSONScanning
import TextEncoding

extension SQLValue {
    var isNumber: Bool {
        switch self {
        case .integer, .real: true
        default: false
        }
    }

    /// The value for people; a BLOB as hexadecimal digits, and nothing for `NULL`.
    var text: String {
        switch self {
        case .null: ""
        case .integer(let value): String(value)
        case .real(let value): Self.text(of: value)
        case .text(let text): text
        case .blob(let bytes): bytes.hexadecimal
        }
    }

    /// The value as JSON; a BLOB as a string of hexadecimal digits.
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
