import JSONScanning
package import MarketModel
import TextEncoding

extension MessageExportFormat {
    /// One JSON object per line.
    package static let ndjson = MessageExportFormat(
        "ndjson",
        summary: """
            a JSON object per line; binary payloads are base64, in payload_base64; a gap is a line {"gap":{…}} at the \
            place where it started
            """
    ) { NDJSONMessageWriter() }
}

/// Writes messages and gaps as NDJSON: one JSON object and one LF for each.
///
///     {"ts_recv":1723161253937085768,"connection":1,"direction":"received","payload":"{\"stream\":…}"}
///     {"ts_recv":1723161253937085769,"connection":1,"direction":"sent","payload_base64":"H4sI"}
///     {"gap":{"cause":"disconnect","ts_start":…}}
///
/// `ts_recv` is in nanoseconds since the UNIX epoch. Binary messages have `payload_base64` (RFC 4648 §4) instead of
/// `payload`. So does text that is not UTF-8, which JSON cannot contain; it also has `"kind":"text"`. `"redacted":true`
/// means that something was removed from the payload before it was stored.
package struct NDJSONMessageWriter: MessageExportWriter {
    package init() {}

    package func append(
        messageAt index: Int,
        of batch: MessageBatch,
        connection: Int64,
        to output: inout [UInt8]
    ) {
        let entry = batch.entries[index]
        batch.withPayload(at: index) { payload in
            Self.append(
                payload,
                kind: entry.kind,
                direction: entry.direction,
                tsRecv: entry.tsRecv,
                connection: connection,
                isRedacted: entry.isRedacted,
                to: &output
            )
        }
    }

    /// Appends the line of one message.
    package static func append(
        _ payload: UnsafeRawBufferPointer,
        kind: MessageKind,
        direction: MessageDirection,
        tsRecv: UnixNanoseconds,
        connection: Int64,
        isRedacted: Bool = false,
        to output: inout [UInt8]
    ) {
        output.append(contentsOf: "{\"ts_recv\":".utf8)
        append(tsRecv.rawValue, to: &output)
        output.append(contentsOf: ",\"connection\":".utf8)
        append(connection, to: &output)
        output.append(contentsOf: ",\"direction\":".utf8)
        output.append(contentsOf: direction == .received ? "\"received\"".utf8 : "\"sent\"".utf8)
        if isRedacted { output.append(contentsOf: ",\"redacted\":true".utf8) }
        if kind == .text, UTF8Validator.isValid(payload) {
            output.append(contentsOf: ",\"payload\":".utf8)
            JSONText.appendString(payload, to: &output)
        } else {
            if kind == .text { output.append(contentsOf: ",\"kind\":\"text\"".utf8) }
            output.append(contentsOf: ",\"payload_base64\":".utf8)
            Base64.appendQuoted(payload, to: &output)
        }
        output.append(contentsOf: "}\n".utf8)
    }

    package func append(gap fields: [ExportedField], to output: inout [UInt8]) {
        output.append(contentsOf: "{\"gap\":{".utf8)
        for (index, field) in fields.enumerated() {
            if index > 0 { output.append(UInt8(ascii: ",")) }
            JSONText.appendString(field.name, to: &output)
            output.append(UInt8(ascii: ":"))
            switch field.value {
            case .null: output.append(contentsOf: "null".utf8)
            case .integer(let value): Self.append(value, to: &output)
            case .boolean(let value): output.append(contentsOf: value ? "true".utf8 : "false".utf8)
            case .text(let text): JSONText.appendString(text, to: &output)
            }
        }
        output.append(contentsOf: "}}\n".utf8)
    }

    private static func append(_ number: Int64, to output: inout [UInt8]) {
        DecimalText.write(magnitude: number.magnitude, isNegative: number < 0, digits: 0, to: &output)
    }
}
