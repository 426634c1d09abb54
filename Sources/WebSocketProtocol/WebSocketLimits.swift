/// The largest things a peer may send us; more than that ends the connection.
package struct WebSocketLimits: Sendable, Hashable {
    /// Payload bytes of one message, all its fragments together; more is answered with close code 1009.
    package var messageBytesMax: Int
    /// Payload bytes of one data frame; more is answered with close code 1009.
    package var frameBytesMax: Int
    /// Bytes of one HTTP head, its empty line included.
    package var headerBytesMax: Int

    package init(
        messageBytesMax: Int = 16 << 20,
        frameBytesMax: Int = 16 << 20,
        headerBytesMax: Int = 16 << 10
    ) {
        self.messageBytesMax = messageBytesMax
        self.frameBytesMax = frameBytesMax
        self.headerBytesMax = headerBytesMax
    }
}
