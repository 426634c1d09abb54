// Removes escapes before a text is parsed, so that readers can compare bytes.
extension JSONText {
    /// An equivalent of `json` in which only quotes, backslashes and control characters are escaped.
    ///
    /// `nil` if nothing has to change. Errors in `json` remain in the result.
    package static func plain(_ json: UnsafeRawBufferPointer) -> [UInt8]? {
        guard JSONBytes(json).hasBackslash else { return nil }
        var output: [UInt8] = []
        output.reserveCapacity(json.count)
        var isInString = false
        var isChanged = false
        var position = 0
        while position < json.count {
            let byte = json[position]
            guard isInString, byte == UInt8(ascii: "\\"), let escape = escape(in: json, at: position) else {
                if byte == UInt8(ascii: "\"") { isInString.toggle() }
                output.append(byte)
                position += 1
                continue
            }
            let written = output.count
            append(unescaped(escape), to: &output)
            isChanged = isChanged || !output[written...].elementsEqual(escape)
            position += escape.count
        }
        return isChanged ? output : nil
    }

    /// Calls `body` with ``plain(_:)`` of `json`, or with `json` itself if nothing has to change.
    ///
    /// The argument of `body` is valid only during the call.
    @usableFromInline
    package static func withPlain<Value, Failure: Error>(
        _ json: UnsafeRawBufferPointer,
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Value
    ) throws(Failure) -> Value {
        guard let plain = plain(json) else { return try body(json) }
        let result: Result<Value, Failure> = plain.withUnsafeBytes { bytes in
            do throws(Failure) {
                return .success(try body(bytes))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    /// The escape at `start`, including both halves of a surrogate pair; `nil` if it is malformed.
    private static func escape(in json: UnsafeRawBufferPointer, at start: Int) -> UnsafeRawBufferPointer? {
        guard start + 1 < json.count else { return nil }
        let letter = json[start + 1]
        guard letter == UInt8(ascii: "u") else {
            let isKnown = "\"\\/bfnrt".utf8.contains(letter)
            return isKnown ? UnsafeRawBufferPointer(rebasing: json[start..<start + 2]) : nil
        }
        guard let first = codeUnit(of: json, at: start + 2) else { return nil }
        guard (0xD800..<0xDC00).contains(first), start + 7 < json.count, json[start + 6] == UInt8(ascii: "\\"),
            json[start + 7] == UInt8(ascii: "u"), let second = codeUnit(of: json, at: start + 8),
            (0xDC00..<0xE000).contains(second)
        else { return UnsafeRawBufferPointer(rebasing: json[start..<start + 6]) }
        return UnsafeRawBufferPointer(rebasing: json[start..<start + 12])
    }

    /// Appends the characters of a string, escaping only those that must be.
    private static func append(_ characters: [UInt8], to output: inout [UInt8]) {
        var quoted: [UInt8] = []
        characters.withUnsafeBytes { appendString($0, to: &quoted) }
        output.append(contentsOf: quoted.dropFirst().dropLast())
    }
}
