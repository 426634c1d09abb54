/// How hub messages are written; the raw value is the name in handshakes, on command lines and in recordings.
package enum HubProtocol: String, Sendable, Hashable, CaseIterable {
    /// Text messages with records that end with 0x1E.
    case json
    /// Binary messages with a length before each.
    case messagePack = "messagepack"
}
