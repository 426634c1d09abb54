/// The most a peer may send; more ends the connection.
///
/// Control frames have the limit of RFC 6455 §5.5, 125 bytes; a longer one is answered with 1002.
package struct WebSocketLimits: Sendable, Hashable {
    /// Payload bytes of one message: all fragments together, after inflating.
    ///
    /// A longer message is answered with close code 1009, at its header or while inflating. The limit also applies to
    /// messages in parts, which do not need that memory: raise it for those.
    package var messageBytesMax: Int
    /// Payload bytes of one data frame, as sent on the wire.
    ///
    /// A longer frame is answered with close code 1009 at its header.
    package var frameBytesMax: Int
    /// Frames of one message; stops endless empty fragments.
    ///
    /// Should be at least 65,536.
    ///
    /// The first frame beyond it is answered with close code 1009 at its header.
    package var fragmentsMax: Int
    /// Bytes of one HTTP head, including its empty line.
    ///
    /// A longer head is a ``HandshakeError`` at once; a server answers it with 431.
    package var headerBytesMax: Int

    package init(
        messageBytesMax: Int = 16 << 20,
        frameBytesMax: Int = 16 << 20,
        headerBytesMax: Int = 16 << 10,
        fragmentsMax: Int = 128 << 10
    ) {
        self.messageBytesMax = messageBytesMax
        self.frameBytesMax = frameBytesMax
        self.headerBytesMax = headerBytesMax
        self.fragmentsMax = fragmentsMax
    }
}
