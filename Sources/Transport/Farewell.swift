import NIOCore
import WebSocketProtocol

/// The time between the peer's last frame and our close frame, in which messages that came before it are answered.
///
/// A peer that sends a message and then closes, or breaks the protocol, may still read our answer (RFC 6455 §5.5.1 lets
/// us send until our close frame). The engine has ended, so that a fresh one makes the frames.
struct Farewell {
    let info: CloseInfo
    let closeFrame: ArraySlice<UInt8>
    let timer: Scheduled<Void>
    var sender: WebSocketEngine
}
