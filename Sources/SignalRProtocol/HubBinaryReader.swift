/// Converts one direction of a MessagePack conversation into the JSON records that other code expects.
///
/// The handshake is JSON here too, in a binary message, and hub messages may follow it in the same message
/// (HubProtocol.md, "Overview"). It is recognised by its `{`, which as a length would mean 123 bytes and be followed by
/// an array.
package struct HubBinaryReader: Sendable {
    /// A message that could not be read.
    package struct Problem: Hashable, Sendable {
        package let reason: String
        /// Number of lost bytes.
        package let bytes: Int
    }

    private var scanner: HubMessagePackScanner
    private var isInHandshake = false
    /// True after a first payload with only a brace: the next byte decides whether that is a handshake or a length.
    private var hasBrace = false
    /// False before anything was read; only then may a handshake continue in the next payload.
    private var hasBegun = false
    /// True after an invalid length: nothing that follows can be read.
    package private(set) var isBroken = false

    package init(bytesMax: Int = 16 << 20) {
        scanner = HubMessagePackScanner(bytesMax: bytesMax)
    }

    /// True between the payloads of a split message or handshake.
    package var isPending: Bool { hasBrace || isInHandshake || scanner.isPending }

    /// Appends the records, each with its separator, of the messages that end in `payload`.
    ///
    /// A split handshake is appended in parts.
    package mutating func appendRecords(
        of payload: UnsafeRawBufferPointer,
        to output: inout [UInt8],
        problems: inout [Problem]
    ) {
        guard !isBroken else { return }
        if !hasBegun, payload.count == 1, payload[0] == UInt8(ascii: "{"), !isInHandshake, !hasBrace {
            hasBrace = true
            return
        }
        guard !hasBrace else {
            hasBrace = false
            return ([UInt8(ascii: "{")] + payload).withUnsafeBytes {
                appendRecords(of: $0, to: &output, problems: &problems)
            }
        }
        var position = 0
        if isInHandshake || (!scanner.isPending && Self.beginsHandshake(payload)) {
            let end = payload.firstIndex(of: HubRecordScanner.separator).map { $0 + 1 }
            if end != nil || !hasBegun {
                position = end ?? payload.count
                isInHandshake = end == nil
                output.append(contentsOf: payload[..<position])
            }
        }
        if !isInHandshake, !payload.isEmpty { hasBegun = true }
        do throws(MessagePackError) {
            try appendMessages(of: payload, from: position, to: &output, problems: &problems)
        } catch {
            isBroken = true
            problems.append(Problem(reason: error.description, bytes: payload.count))
        }
    }

    private mutating func appendMessages(
        of payload: UnsafeRawBufferPointer,
        from start: Int,
        to output: inout [UInt8],
        problems: inout [Problem]
    ) throws(MessagePackError) {
        var position = start
        while true {
            switch try scanner.next(in: payload, at: &position) {
            case .end: return
            case .message(let range):
                append(UnsafeRawBufferPointer(rebasing: payload[range]), to: &output, &problems)
            case .joined(let message): message.withUnsafeBytes { append($0, to: &output, &problems) }
            case .tooLong(let bytes):
                problems.append(Problem(reason: "a message of more than \(scanner.bytesMax) bytes", bytes: bytes))
            }
        }
    }

    private func append(_ message: UnsafeRawBufferPointer, to output: inout [UInt8], _ problems: inout [Problem]) {
        do throws(MessagePackError) {
            try HubTranscoder.appendJSON(of: message, to: &output)
        } catch {
            problems.append(Problem(reason: error.description, bytes: message.count))
        }
    }

    static func beginsHandshake(_ payload: UnsafeRawBufferPointer) -> Bool {
        guard payload.first == UInt8(ascii: "{"), payload.count > 1 else { return false }
        return !MessagePackCursor.isArrayHead(payload[1])
    }
}
