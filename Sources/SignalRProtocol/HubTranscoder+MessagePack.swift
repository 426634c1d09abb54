package import JSONScanning

extension HubTranscoder {
    /// Appends the MessagePack message, preceded by its length, for one JSON record without its separator.
    ///
    /// Members may come in any order; the last of repeated ones counts. Records without a required member are errors.
    /// So are handshakes, which are JSON in both protocols. After an error nothing is appended.
    package static func appendMessagePack(
        of jsonRecord: UnsafeRawBufferPointer,
        to output: inout [UInt8]
    ) throws(JSONError) {
        let start = output.count
        do throws(JSONError) {
            let members = try RecordMembers(jsonRecord)
            if members.hasEscapedKeys {
                try JSONText.withPlain(jsonRecord) { record throws(JSONError) in
                    try RecordMembers(record).appendMessage(to: &output)
                }
            } else {
                try members.appendMessage(to: &output)
            }
        } catch {
            output.removeSubrange(start...)
            throw error
        }
        output.insert(contentsOf: lengthPrefix(output.count - start), at: start)
    }

    /// The VarInt that precedes a message of `bytes` bytes.
    package static func lengthPrefix(_ bytes: Int) -> [UInt8] {
        var prefix: [UInt8] = []
        var rest = bytes
        repeat {
            prefix.append(UInt8(rest & 0x7f) | (rest > 0x7f ? 0x80 : 0))
            rest >>= 7
        } while rest > 0
        return prefix
    }

    /// Appends the next value of `cursor`; `depth` is the number of enclosing containers.
    fileprivate static func appendValue(
        _ cursor: inout JSONCursor,
        depth: Int = 0,
        to output: inout [UInt8]
    ) throws(JSONError) {
        switch cursor.nextByte {
        case UInt8(ascii: "[") where depth < JSONCursor.depthMax:
            let start = MessagePackWriter.beginArray(&output)
            var count = 0
            try cursor.enterArray()
            while try cursor.nextElement() {
                try appendValue(&cursor, depth: depth + 1, to: &output)
                count += 1
            }
            MessagePackWriter.endArray(at: start, count: count, &output)
        case UInt8(ascii: "{") where depth < JSONCursor.depthMax:
            let start = MessagePackWriter.beginMap(&output)
            var count = 0
            try cursor.enterObject()
            while let key = try cursor.nextKey() {
                appendText(key, hasEscapes: key.contains(UInt8(ascii: "\\")), to: &output)
                try appendValue(&cursor, depth: depth + 1, to: &output)
                count += 1
            }
            MessagePackWriter.endMap(at: start, count: count, &output)
        case UInt8(ascii: "["), UInt8(ascii: "{"):
            throw JSONError(offset: cursor.position, detail: "nested deeper than \(JSONCursor.depthMax)")
        default:
            appendScalar(try cursor.nextValue(), to: &output)
        }
    }

    private static func appendScalar(_ value: JSONValue, to output: inout [UInt8]) {
        switch value.kind {
        case .true: MessagePackWriter.append(true, to: &output)
        case .false: MessagePackWriter.append(false, to: &output)
        case .string: appendText(value.bytes, hasEscapes: value.hasEscapes, to: &output)
        case .number: appendNumber(value, to: &output)
        // Containers are handled by the caller.
        case .null, .object, .array: MessagePackWriter.appendNull(to: &output)
        }
    }

    /// Writes integers of up to 64 bits as such, and any other number as the nearest `Double`.
    private static func appendNumber(_ value: JSONValue, to output: inout [UInt8]) {
        let text = String(decoding: value.bytes, as: UTF8.self)
        if text != "-0" {
            if let integer = value.integer { return MessagePackWriter.append(integer, to: &output) }
            if let integer = UInt64(text) { return MessagePackWriter.append(integer, to: &output) }
        }
        // A number beyond the range of `Double` becomes infinite.
        MessagePackWriter.append(Double(text) ?? (text.hasPrefix("-") ? -.infinity : .infinity), to: &output)
    }

    fileprivate static func appendText(_ content: UnsafeRawBufferPointer, hasEscapes: Bool, to output: inout [UInt8]) {
        if hasEscapes {
            MessagePackWriter.appendString(JSONText.unescaped(content), to: &output)
        } else {
            MessagePackWriter.appendString(content, to: &output)
        }
    }
}

/// The members of a record, including those that ``HubRecord`` skips.
private struct RecordMembers {
    private var type: HubRecordType?
    private var typeNumber: Int64?
    private var headers: JSONValue?
    private var invocationID: JSONValue?
    private var target: JSONValue?
    private var arguments: JSONValue?
    private var streamIDs: JSONValue?
    private var item: JSONValue?
    private var result: JSONValue?
    private var error: JSONValue?
    private var allowReconnect = false
    private var sequenceID: JSONValue?
    /// True if a name in the record contains escapes.
    private(set) var hasEscapedKeys = false

    init(_ record: UnsafeRawBufferPointer) throws(JSONError) {
        var cursor = JSONCursor(record)
        try cursor.enterObject()
        while let key = try cursor.nextKey() { note(key, try cursor.nextValue()) }
        try cursor.expectEnd()
        hasEscapedKeys = cursor.hasEscapedKeys
    }

    private mutating func note(_ key: UnsafeRawBufferPointer, _ value: JSONValue) {
        let present = value.isNull ? nil : value
        if key.equals("type") {
            typeNumber = value.kind == .number ? value.integer : nil
            type = typeNumber.flatMap(UInt8.init(exactly:)).flatMap(HubRecordType.init)
        }
        if key.equals("headers") { headers = value.kind == .object ? value : nil }
        if key.equals("invocationId") { invocationID = present }
        if key.equals("target") { target = value.kind == .string ? value : nil }
        if key.equals("arguments") { arguments = value.kind == .array ? value : nil }
        if key.equals("streamIds") { streamIDs = value.kind == .array ? value : nil }
        if key.equals("item") { item = value }
        if key.equals("result") { result = value }
        if key.equals("error") { error = present }
        if key.equals("allowReconnect") { allowReconnect = value.boolean ?? false }
        if key.equals("sequenceId") { sequenceID = present }
    }

    func appendMessage(to output: inout [UInt8]) throws(JSONError) {
        guard let type else {
            let detail = typeNumber.map { "no type \($0) in MessagePack" } ?? "a record without a type"
            throw JSONError(offset: 0, detail: detail)
        }
        MessagePackWriter.appendArrayHead(elementCount(of: type), to: &output)
        MessagePackWriter.append(UInt64(type.rawValue), to: &output)
        switch type {
        case .invocation, .streamInvocation:
            try appendHead(isIDRequired: type == .streamInvocation, to: &output)
            try append(target, "target", to: &output)
            try append(arguments, "arguments", to: &output)
            try append(streamIDs, or: 0x90, to: &output)
        case .streamItem:
            try appendHead(isIDRequired: true, to: &output)
            try append(item, "item", to: &output)
        case .completion:
            try appendHead(isIDRequired: true, to: &output)
            let kind: HubTranscoder.CompletionKind = error != nil ? .error : result != nil ? .result : .void
            MessagePackWriter.append(kind.rawValue, to: &output)
            if let value = error ?? result { try append(value, "result", to: &output) }
        case .cancelInvocation: try appendHead(isIDRequired: true, to: &output)
        case .ping: break
        case .close:
            try append(error, or: 0xc0, to: &output)
            MessagePackWriter.append(allowReconnect, to: &output)
        case .ack, .sequence: try append(sequenceID, "sequenceId", to: &output)
        }
    }

    private func elementCount(of type: HubRecordType) -> Int {
        switch type {
        case .invocation, .streamInvocation: 6
        case .streamItem: 4
        case .completion: error == nil && result == nil ? 4 : 5
        case .cancelInvocation, .close: 3
        case .ping: 1
        case .ack, .sequence: 2
        }
    }

    private func appendHead(isIDRequired: Bool, to output: inout [UInt8]) throws(JSONError) {
        try append(headers, or: 0x80, to: &output)
        guard let invocationID else {
            guard !isIDRequired else { throw JSONError(offset: 0, detail: "no 'invocationId'") }
            return MessagePackWriter.appendNull(to: &output)
        }
        // Ids are text; a number becomes its digits.
        HubTranscoder.appendText(invocationID.bytes, hasEscapes: invocationID.hasEscapes, to: &output)
    }

    /// Appends a member that the type requires.
    private func append(_ value: JSONValue?, _ name: String, to output: inout [UInt8]) throws(JSONError) {
        guard let value else { throw JSONError(offset: 0, detail: "no '\(name)'") }
        // The bytes of a string value do not include its quotes.
        guard value.kind != .string else {
            return HubTranscoder.appendText(value.bytes, hasEscapes: value.hasEscapes, to: &output)
        }
        var cursor = JSONCursor(value.bytes)
        try HubTranscoder.appendValue(&cursor, to: &output)
    }

    /// Appends a member, or the one byte `absent` if it is missing.
    private func append(_ value: JSONValue?, or absent: UInt8, to output: inout [UInt8]) throws(JSONError) {
        guard let value else { return output.append(absent) }
        try append(value, "", to: &output)
    }
}
