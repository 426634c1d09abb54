/// The codes of close frames (RFC 6455 §7.4 and the IANA registry of WebSocket close codes).
package enum CloseCode {
    package static let normal: UInt16 = 1000
    package static let goingAway: UInt16 = 1001
    package static let protocolError: UInt16 = 1002
    /// Means a close frame without a code; never sent.
    package static let noneReceived: UInt16 = 1005
    /// Means a connection that ended without a close frame; never sent.
    package static let abnormal: UInt16 = 1006
    package static let invalidPayload: UInt16 = 1007
    package static let tooLarge: UInt16 = 1009
    package static let internalError: UInt16 = 1011

    /// Whether the code is allowed in a close frame.
    package static func isSendable(_ code: UInt16) -> Bool {
        switch code {
        case 1000...1003, 1007...1014, 3000...4999: true
        default: false
        }
    }
}

/// The contents of a close frame (RFC 6455 §5.5.1).
struct ClosePayload: Hashable {
    /// 1005 if the frame was empty.
    let code: UInt16
    let reason: String

    /// Parses the payload of a close frame.
    init(_ payload: [UInt8]) throws(ProtocolViolation) {
        guard let high = payload.first else {
            (code, reason) = (CloseCode.noneReceived, "")
            return
        }
        guard payload.count >= 2 else { throw .protocolError("a close frame with half a code") }
        let code = UInt16(high) << 8 | UInt16(payload[1])
        guard CloseCode.isSendable(code) else { throw .protocolError("a close frame with the invalid code \(code)") }
        guard let reason = String(validating: payload[2...], as: UTF8.self) else {
            throw ProtocolViolation(
                closeCode: CloseCode.invalidPayload,
                text: "the reason of a close frame is not UTF-8"
            )
        }
        (self.code, self.reason) = (code, reason)
    }

    /// Returns the payload for a code and a reason, with the reason cut at a character boundary to 123 bytes.
    ///
    /// Empty for a code that must not be sent.
    static func bytes(code: UInt16, reason: String) -> [UInt8] {
        guard CloseCode.isSendable(code) else { return [] }
        var bytes = [UInt8(truncatingIfNeeded: code >> 8), UInt8(truncatingIfNeeded: code)]
        for scalar in reason.unicodeScalars {
            let encoded = UTF8.encode(scalar).map(Array.init) ?? []
            guard bytes.count + encoded.count <= FrameHeader.controlBytesMax else { break }
            bytes.append(contentsOf: encoded)
        }
        return bytes
    }
}
