/// Counters of one connection since its handshake, starting at 0.
package struct WebSocketStatistics: Sendable, Hashable {
    /// Complete data messages.
    package var messagesReceived: UInt64 = 0
    package var messagesSent: UInt64 = 0
    /// All bytes since the handshake, including frame headers and control frames, before TLS.
    package var bytesReceived: UInt64 = 0
    package var bytesSent: UInt64 = 0
    package var pingsReceived: UInt64 = 0
    package var pingsSent: UInt64 = 0
    package var pongsReceived: UInt64 = 0
    package var pongsSent: UInt64 = 0

    package init() {}
}
