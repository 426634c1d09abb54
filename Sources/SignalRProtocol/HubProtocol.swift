/// The encoding of hub messages; the raw value is its name in handshakes, on the command line and in recordings.
package enum HubProtocol: String, Sendable, Hashable, CaseIterable {
    /// Text messages with records that end in 0x1E.
    case json
    /// Binary messages, each preceded by its length.
    case messagePack = "messagepack"
}
