/// Takes things out of one direction of a MessagePack conversation, so that what is left can still be read as one.
///
/// A message whose end has not come is held back and comes out with its end. What cannot be looked into, because it is
/// bad MessagePack or too long, is replaced by a message of type 0, which no protocol has; after a length that makes no
/// sense the rest is replaced by another such length.
package struct HubBinaryRewriter: Sendable {
    /// `[0]`, with its length.
    private static let withheld: [UInt8] = [2, 0x91, 0]
    private static let senseless = [UInt8](repeating: 0xff, count: 5)

    private var scanner: HubMessagePackScanner
    private var isInHandshake = false
    private var hasBegun = false
    private var isBroken = false

    package init(bytesMax: Int = 16 << 20) {
        scanner = HubMessagePackScanner(bytesMax: bytesMax)
    }

    /// Bytes of a message whose end has not come: what is lost when the conversation ends now.
    package var heldBytes: Int { scanner.heldBytes }

    /// What a payload becomes; `nil` where it stays as it is.
    ///
    /// - Parameters:
    ///   - payload: The next binary message of this direction.
    ///   - isSuspicious: Whether the bytes of a message need a closer look; texts and names stand in them in plain sight.
    ///   - redacted: The JSON record, without separator, as it may be kept; `nil` where it may be kept as it is.
    /// - Returns: Payload bytes, perhaps none.
    package mutating func rewritten(
        _ payload: UnsafeRawBufferPointer,
        isSuspicious: (UnsafeRawBufferPointer) -> Bool,
        redacted: (UnsafeRawBufferPointer) -> [UInt8]?
    ) -> [UInt8]? {
        guard !isBroken else { return Self.senseless }
        var output: [UInt8] = []
        var position = takeHandshake(of: payload, to: &output)
        do throws(MessagePackError) {
            reading: while true {
                switch try scanner.next(in: payload, at: &position) {
                case .end: break reading
                case .tooLong: output.append(contentsOf: Self.withheld)
                case .message(let range):
                    append(UnsafeRawBufferPointer(rebasing: payload[range]), isSuspicious, redacted, to: &output)
                case .joined(let message):
                    message.withUnsafeBytes { append($0, isSuspicious, redacted, to: &output) }
                }
            }
        } catch {
            isBroken = true
            output.append(contentsOf: Self.senseless)
        }
        return output.elementsEqual(payload) ? nil : output
    }

    private func append(
        _ message: UnsafeRawBufferPointer,
        _ isSuspicious: (UnsafeRawBufferPointer) -> Bool,
        _ redacted: (UnsafeRawBufferPointer) -> [UInt8]?,
        to output: inout [UInt8]
    ) {
        if isSuspicious(message), let other = Self.replacement(of: message, redacted) {
            output.append(contentsOf: other)
        } else {
            output.append(contentsOf: HubTranscoder.lengthPrefix(message.count))
            output.append(contentsOf: message)
        }
    }

    /// Passes the handshake on, which has no secrets; returns where the messages begin.
    private mutating func takeHandshake(of payload: UnsafeRawBufferPointer, to output: inout [UInt8]) -> Int {
        defer { if !isInHandshake, !payload.isEmpty { hasBegun = true } }
        guard isInHandshake || (!hasBegun && HubBinaryReader.beginsHandshake(payload)) else { return 0 }
        let end = payload.firstIndex(of: HubRecordScanner.separator).map { $0 + 1 }
        isInHandshake = end == nil
        output.append(contentsOf: payload[..<(end ?? payload.count)])
        return end ?? payload.count
    }

    /// The message, with its length, that says what may be said of `message`; `nil` where that is all.
    private static func replacement(
        of message: UnsafeRawBufferPointer,
        _ redacted: (UnsafeRawBufferPointer) -> [UInt8]?
    ) -> [UInt8]? {
        var json: [UInt8] = []
        guard (try? HubTranscoder.appendJSON(of: message, to: &json)) != nil else { return withheld }
        guard let record = json.withUnsafeBytes({ redacted(UnsafeRawBufferPointer(rebasing: $0.dropLast())) }) else {
            return nil
        }
        var output: [UInt8] = []
        let isSaid = (try? record.withUnsafeBytes { try HubTranscoder.appendMessagePack(of: $0, to: &output) }) != nil
        return isSaid ? output : withheld
    }
}
