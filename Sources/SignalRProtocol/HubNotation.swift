package import MarketModel
import JSONScanning

/// Determines the protocol of the records of one connection.
///
/// The client requests it in its handshake, which is its first record. The kind of a frame does not decide: a hub may
/// send JSON in binary messages. In a conversation without a handshake, such as an import of received messages, the
/// first record decides: a record of one protocol never begins like a record of the other. Bytes from the middle of a
/// record are never used, because they could belong to either.
package struct HubNotation: Sendable, Hashable {
    /// The protocol that the first bytes of a record indicate.
    package enum Verdict: Sendable, Hashable {
        case json
        case messagePack
        /// More bytes are needed.
        case unfinished
        /// No record of either protocol begins like this.
        case neither
    }

    /// The protocol of the connection; `nil` until it is known.
    package private(set) var settled: HubProtocol?

    /// Pass the protocol in `settled` if it is known in advance, for example from the feed's row.
    package init(_ settled: HubProtocol? = nil) {
        self.settled = settled
    }

    package mutating func settle(_ hubProtocol: HubProtocol) {
        settled = hubProtocol
    }

    /// Learns the protocol from the client's first record, without its separator; returns false if that is not a
    /// request.
    @discardableResult
    package mutating func note(request record: UnsafeRawBufferPointer) -> Bool {
        guard let hubProtocol = (try? HubHandshakeRequest(record))?.hubProtocol else { return false }
        settled = hubProtocol
        return true
    }

    /// Learns the protocol from a message of the client, if it begins with the handshake request.
    package mutating func note(sent payload: UnsafeRawBufferPointer) {
        var scanner = HubRecordScanner(payload)
        if let record = scanner.next() { note(request: record) }
    }

    /// The protocol of the record that starts with `beginning`.
    ///
    /// - Parameters:
    ///   - beginning: The first bytes of the record; seven are enough.
    ///   - isFirst: True for the first record of a direction, which is a JSON handshake in both protocols.
    ///   - kind: The kind of the record's message; only used while the protocol is unknown.
    /// - Returns: The protocol, or that more bytes are needed.
    package func verdict(on beginning: UnsafeRawBufferPointer, isFirst: Bool, kind: MessageKind) -> Verdict {
        switch settled {
        case .json: return .json
        case .messagePack:
            guard isFirst, beginning.first == Self.brace else { return .messagePack }
            let verdict = Self.verdict(onBinary: beginning)
            return verdict == .neither ? .messagePack : verdict
        case nil:
            // WebSocket text is UTF-8, and no MessagePack message begins like UTF-8.
            return kind == .text ? .json : Self.verdict(onBinary: beginning)
        }
    }

    /// True if a message begins with MessagePack, or with a handshake followed by MessagePack.
    package func isPacked(opening payload: UnsafeRawBufferPointer, kind: MessageKind) -> Bool {
        switch verdict(on: payload, isFirst: true, kind: kind) {
        case .messagePack, .unfinished: return true
        case .neither: return false
        case .json:
            guard settled == nil, let end = payload.firstIndex(of: HubRecordScanner.separator),
                end + 1 < payload.count
            else { return settled == .messagePack }
            let next = UnsafeRawBufferPointer(rebasing: payload[(end + 1)...])
            return verdict(on: next, isFirst: false, kind: kind) == .messagePack
        }
    }

    /// MessagePack begins with a length of one to five bytes and an array, JSON with a brace or white space.
    ///
    /// The first byte of an array is not ASCII, and in UTF-8 it never follows an ASCII byte, so no JSON text looks like
    /// MessagePack.
    private static func verdict(onBinary beginning: UnsafeRawBufferPointer) -> Verdict {
        let lengthBytes = beginning.prefix(5).prefix { $0 & 0x80 != 0 }.count + 1
        guard lengthBytes <= 5 else { return .neither }
        guard lengthBytes < beginning.count else { return .unfinished }
        if MessagePackCursor.isArrayHead(beginning[lengthBytes]) { return .messagePack }
        return [brace, 0x20, 0x09, 0x0A, 0x0D].contains(beginning[0]) ? .json : .neither
    }

    private static let brace = UInt8(ascii: "{")
}

extension MessagePackCursor {
    /// True for the first byte of an array, in any of its formats.
    static func isArrayHead(_ byte: UInt8) -> Bool {
        (0x90...0x9f).contains(byte) || byte == 0xdc || byte == 0xdd
    }
}
