/// Our permessage-deflate settings (RFC 7692); without settings it is neither offered nor accepted.
///
/// "Own" is the direction we send in, "peer" the direction we receive from, in either role.
///
/// Memory per connection, allocated for the first compressed message and kept until the end:
///
/// - sending: 2^(own window bits + 2) + 2^(memory level + 9) bytes and about 6 KiB; 262 KiB with the defaults;
/// - receiving: about 48 KiB; a server needs up to 16 KiB more for unmasking.
package struct DeflateSettings: Sendable, Hashable {
    /// Whether our compressor remembers earlier messages, which compresses small similar messages much better.
    ///
    /// If false, a receiver can free its memory between messages.
    package let keepsOwnContext: Bool
    /// Whether the peer's compressor may remember earlier messages; false is requested in the handshake.
    package let allowsPeerContext: Bool
    /// Window size of our compressor, as a power of 2: 8...15.
    package let ownWindowBits: Int
    /// Window size of the peer's compressor, as a power of 2: 8...15.
    ///
    /// A smaller value saves memory of the peer, not ours.
    ///
    /// Less than 15 must be negotiated: a server declines an offer without `client_max_window_bits`, and a client fails
    /// the handshake if the server answers with more.
    package let peerWindowBits: Int
    /// Compression effort, 0 (none) to 9 (most).
    package let level: Int
    /// Memory for finding matches, 1 to 9.
    package let memoryLevel: Int
    /// Shorter messages are sent uncompressed; at least 1.
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

    /// The window sizes of RFC 7692 §7.1.2.
    package static let windowBits = 8...15
}
