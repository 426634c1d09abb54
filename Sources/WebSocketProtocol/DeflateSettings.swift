/// What we want of permessage-deflate (RFC 7692); without settings it is neither offered nor accepted.
///
/// "Own" is the direction we send in, "peer" the one we receive from, whichever our role.
///
/// Memory per connection, taken when the first compressed message passes and kept until the end:
///
/// - sending: 2^(own window bits + 2) + 2^(memory level + 9) bytes and about 6 KiB, with the defaults 262 KiB;
/// - receiving: about 48 KiB; a server adds up to 16 KiB for unmasking.
package struct DeflateSettings: Sendable, Hashable {
    /// Whether our compressor remembers earlier messages: far better on small messages that resemble each other.
    ///
    /// Off lets a receiver that wants it free its memory between messages.
    package let keepsOwnContext: Bool
    /// Whether the peer's compressor may remember earlier messages; off is demanded in the handshake.
    package let allowsPeerContext: Bool
    /// How far back, as a power of 2, our compressor may refer: 8...15.
    package let ownWindowBits: Int
    /// How far back the peer may refer: 8...15; less saves memory of the peer's, not ours.
    ///
    /// Less than 15 has to be agreed on: a server takes no offer without `client_max_window_bits`, a client fails the
    /// handshake with a server that answers more.
    package let peerWindowBits: Int
    /// Effort, 0 (none) to 9 (most).
    package let level: Int
    /// Memory for finding matches, 1 to 9.
    package let memoryLevel: Int
    /// Shorter messages are sent uncompressed, at least 1.
    package let messageBytesMin: Int

    package init(
        keepsOwnContext: Bool = true,
        allowsPeerContext: Bool = true,
        ownWindowBits: Int = 15,
        peerWindowBits: Int = 15,
        level: Int = 6,
        memoryLevel: Int = 8,
        messageBytesMin: Int = 64
    ) {
        precondition(Self.windowBits.contains(ownWindowBits) && Self.windowBits.contains(peerWindowBits))
        precondition((0...9).contains(level) && (1...9).contains(memoryLevel) && messageBytesMin >= 1)
        self.keepsOwnContext = keepsOwnContext
        self.allowsPeerContext = allowsPeerContext
        self.ownWindowBits = ownWindowBits
        self.peerWindowBits = peerWindowBits
        self.level = level
        self.memoryLevel = memoryLevel
        self.messageBytesMin = messageBytesMin
    }

    /// The window bits that RFC 7692 §7.1.2 knows.
    package static let windowBits = 8...15
}
