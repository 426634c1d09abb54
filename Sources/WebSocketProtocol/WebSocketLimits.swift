/// The largest things a peer may send us; more than that ends the connection.
///
/// Control frames have the limit of RFC 6455 §5.5, 125 bytes, which is answered with 1002.
package struct WebSocketLimits: Sendable, Hashable {
    /// Payload bytes of one message, all its fragments together, inflated if it is compressed.
    ///
    /// More is answered with close code 1009: as soon as the header says so, or while inflating once so many bytes have
    /// come out. It holds for messages in parts too, which need no memory for it: raise it for those.
    package var messageBytesMax: Int
    /// Payload bytes of one data frame as they are on the wire.
    ///
    /// More is answered with close code 1009 as soon as the header is there.
    package var frameBytesMax: Int
    /// Frames of one message, so that endless empty fragments end: at least 65,536 should be allowed.
    ///
    /// More is answered with close code 1009 at the header of the frame that is one too many.
    package var fragmentsMax: Int
    /// Bytes of one HTTP head, its empty line included.
    ///
    /// More is a ``HandshakeError`` as soon as they are there: a server answers it with 431.
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
