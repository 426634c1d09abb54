import JSONScanning
import TextEncoding

extension HubTranscoder {
    /// Appends the JSON record, with its separator, for one MessagePack message without its length.
    ///
    /// A message of an unknown type becomes a record with only that type. After an error nothing is appended.
    package static func appendJSON(
        of messagePack: UnsafeRawBufferPointer,
        to output: inout [UInt8]
    ) throws(MessagePackError) {
        let start = output.count
        do throws(MessagePackError) {
            var reading = MessageReading(MessagePackCursor(messagePack))
            try reading.appendRecord(to: &output)
        } catch {
            output.removeSubrange(start...)
            throw error
        }
        output.append(HubRecordScanner.separator)
    }
}

/// Reads the array of one message.
private struct MessageReading {
    private var cursor: MessagePackCursor
    /// Elements of the array that have not been read yet.
    private var elementCount = 0

    init(_ cursor: MessagePackCursor) {
        self.cursor = cursor
    }

    mutating func appendRecord(to output: inout [UInt8]) throws(MessagePackError) {
        guard case .array(let count) = try cursor.next(), count > 0 else {
            throw cursor.failure("a hub message is an array")
        }
        guard case .unsigned(let type) = try cursor.next() else {
            throw cursor.failure("a hub message begins with its type")
        }
        elementCount = count - 1
        output.append(contentsOf: #"{"type":"#.utf8)
        output.append(contentsOf: String(type).utf8)
        switch UInt8(exactly: type).flatMap(HubRecordType.init) {
        case .invocation, .streamInvocation: try appendInvocation(to: &output)
        case .streamItem:
            try appendHead(to: &output)
            try appendMember("item", to: &output)
        case .completion: try appendCompletion(to: &output)
        case .cancelInvocation: try appendHead(to: &output)
        case .close: try appendClose(to: &output)
        case .ack, .sequence: try appendMember("sequenceId", to: &output)
        case .ping, nil: break
        }
        // Later versions of the protocol may add elements.
        while elementCount > 0 {
            elementCount -= 1
            try cursor.skipValue()
        }
        guard cursor.isAtEnd else { throw cursor.failure("bytes after the message") }
        output.append(UInt8(ascii: "}"))
    }

    private mutating func appendInvocation(to output: inout [UInt8]) throws(MessagePackError) {
        try appendHead(to: &output)
        guard elementCount > 0 else { throw cursor.failure("an invocation without a target") }
        try appendMember("target", to: &output)
        let start = output.count
        try appendMember("arguments", to: &output)
        if output.count == start { output.append(contentsOf: #","arguments":[]"#.utf8) }
        try appendMember("streamIds", unless: "[]", to: &output)
    }

    private mutating func appendCompletion(to output: inout [UInt8]) throws(MessagePackError) {
        try appendHead(to: &output)
        guard elementCount > 0, case .unsigned(let number) = try cursor.next(),
            let kind = HubTranscoder.CompletionKind(rawValue: number)
        else { throw cursor.failure("a completion that is neither error, void nor result") }
        elementCount -= 1
        switch kind {
        case .void: break
        case .error: try appendMember("error", orNull: true, to: &output)
        case .result: try appendMember("result", orNull: true, to: &output)
        }
    }

    private mutating func appendClose(to output: inout [UInt8]) throws(MessagePackError) {
        try appendMember("error", unless: "null", to: &output)
        try appendMember("allowReconnect", unless: "false", to: &output)
    }

    /// Appends the headers and the id, with which most messages begin; leaves out empty ones.
    private mutating func appendHead(to output: inout [UInt8]) throws(MessagePackError) {
        let start = output.count
        try appendMember("headers", unless: "{}", to: &output)
        if output[start...].elementsEqual(#","headers":null"#.utf8) { output.removeSubrange(start...) }
        try appendMember("invocationId", unless: "null", to: &output)
    }

    /// Appends the next element, if there is one, as a member, unless its text is `omitted`.
    private mutating func appendMember(
        _ name: StaticString,
        unless omitted: StaticString = "",
        orNull: Bool = false,
        to output: inout [UInt8]
    ) throws(MessagePackError) {
        guard elementCount > 0 || orNull else { return }
        let start = output.count
        output.append(contentsOf: #",""#.utf8)
        output.append(contentsOf: UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
        output.append(contentsOf: #"":"#.utf8)
        guard elementCount > 0 else { return output.append(contentsOf: "null".utf8) }
        elementCount -= 1
        let valueStart = output.count
        try HubTranscoder.appendValue(&cursor, depth: 0, to: &output)
        let isOmitted = output.withUnsafeBytes { UnsafeRawBufferPointer(rebasing: $0[valueStart...]).equals(omitted) }
        if isOmitted { output.removeSubrange(start...) }
    }
}

extension HubTranscoder {
    /// Appends the next value as JSON; `depth` is the number of enclosing containers.
    fileprivate static func appendValue(
        _ cursor: inout MessagePackCursor,
        depth: Int,
        to output: inout [UInt8]
    ) throws(MessagePackError) {
        switch try cursor.next() {
        case .null: output.append(contentsOf: "null".utf8)
        case .boolean(let value): output.append(contentsOf: value ? "true".utf8 : "false".utf8)
        case .signed(let value): output.append(contentsOf: String(value).utf8)
        case .unsigned(let value): output.append(contentsOf: String(value).utf8)
        case .float32(let value): appendNumber(value, to: &output)
        case .float64(let value): appendNumber(value, to: &output)
        case .string(let bytes): appendText(bytes, to: &output)
        case .binary(let bytes): Base64.appendQuoted(bytes, to: &output)
        case .ext(let type, let bytes): MessagePackTimestamp.appendExtension(type, bytes, to: &output)
        case .array(let count):
            guard depth < MessagePackCursor.depthMax else { throw tooDeep(cursor) }
            output.append(UInt8(ascii: "["))
            for index in 0..<count {
                if index > 0 { output.append(UInt8(ascii: ",")) }
                try appendValue(&cursor, depth: depth + 1, to: &output)
            }
            output.append(UInt8(ascii: "]"))
        case .map(let count):
            guard depth < MessagePackCursor.depthMax else { throw tooDeep(cursor) }
            output.append(UInt8(ascii: "{"))
            for index in 0..<count {
                if index > 0 { output.append(UInt8(ascii: ",")) }
                try appendKey(&cursor, to: &output)
                output.append(UInt8(ascii: ":"))
                try appendValue(&cursor, depth: depth + 1, to: &output)
            }
            output.append(UInt8(ascii: "}"))
        }
    }

    /// Appends the key of a map, which is always text in JSON.
    private static func appendKey(
        _ cursor: inout MessagePackCursor,
        to output: inout [UInt8]
    ) throws(MessagePackError) {
        switch try cursor.next() {
        case .string(let bytes): appendText(bytes, to: &output)
        case .unsigned(let value): JSONText.appendString(String(value), to: &output)
        case .signed(let value): JSONText.appendString(String(value), to: &output)
        case .boolean(let value): JSONText.appendString(value ? "true" : "false", to: &output)
        case .binary(let bytes): Base64.appendQuoted(bytes, to: &output)
        case .null, .float32, .float64, .array, .map, .ext:
            throw cursor.failure("a key that is neither text nor a whole number")
        }
    }

    private static func tooDeep(_ cursor: MessagePackCursor) -> MessagePackError {
        cursor.failure("nested deeper than \(MessagePackCursor.depthMax)")
    }

    /// Appends the shortest text that reads back as the same number; `1.0` keeps its fraction, so that its type is
    /// kept.
    private static func appendNumber(
        _ value: some BinaryFloatingPoint & LosslessStringConvertible,
        to output: inout [UInt8]
    ) {
        if value.isFinite {
            output.append(contentsOf: value.description.utf8)
        } else if value.isNaN {
            output.append(contentsOf: #""NaN""#.utf8)
        } else {
            output.append(contentsOf: value < 0 ? #""-Infinity""#.utf8 : #""Infinity""#.utf8)
        }
    }

    /// Appends text; invalid UTF-8 becomes U+FFFD.
    private static func appendText(_ bytes: UnsafeRawBufferPointer, to output: inout [UInt8]) {
        if bytes.allSatisfy({ $0 < 0x80 }) {
            JSONText.appendString(bytes, to: &output)
        } else {
            JSONText.appendString(String(decoding: bytes, as: UTF8.self), to: &output)
        }
    }
}
