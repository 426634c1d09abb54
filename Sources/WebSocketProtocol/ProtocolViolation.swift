/// Why the peer's bytes end the connection (RFC 6455 §7.1.7).
struct ProtocolViolation: Error, Hashable {
    /// The close code to send: 1002, 1007, 1009, or 1011 if memory runs out.
    let closeCode: UInt16
    /// At most 123 bytes, so that it fits into our close frame as the reason.
    let text: String

    static func protocolError(_ text: String) -> ProtocolViolation {
        ProtocolViolation(closeCode: CloseCode.protocolError, text: text)
    }

    static let notUTF8 = ProtocolViolation(closeCode: CloseCode.invalidPayload, text: "a text message is not UTF-8")

    static func tooLarge(_ what: String, bytesMax: Int) -> ProtocolViolation {
        ProtocolViolation(closeCode: CloseCode.tooLarge, text: "a \(what) is longer than \(bytesMax) bytes")
    }
}
