import NIOCore
import WebSocketProtocol

/// The state between the peer's last frame and our close frame, while the consumer answers earlier messages.
///
/// A peer that sends a message and then closes, or breaks the protocol, may still read our answer (RFC 6455 §5.5.1 lets
/// us send until our close frame). The main engine has ended, so a fresh one makes the frames.
struct Farewell {
    let info: CloseInfo
    let closeFrame: ArraySlice<UInt8>
    let timer: Scheduled<Void>
    var sender: WebSocketEngine
}
