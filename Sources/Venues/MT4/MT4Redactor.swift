import JSONScanning
package import MarketModel
import SignalRProtocol

/// Redacts the messages of one connection to a hub, in both directions.
///
/// A record may be split over messages, and a secret with it. The beginning of a record goes on at once where it is
/// certain to be harmless by itself: nothing in it is suspicious, and it does not end inside a text. Otherwise it is held
/// back and comes out, redacted, in the message that completes it. Of MessagePack, whole messages come out.
package struct MT4Redactor: MessageRedactor {
    /// Bytes of a split record that are looked at; of longer ones the rest is withheld.
    package static let recordBytesMax = 16 << 20

    private var redaction: MT4Redaction
    /// Asked for the secrets of the connection when its first messages come: when it is made they may not be known.
    private var known: (@Sendable () -> [String])?
    private var received = Stream()
    private var sent = Stream()
    private var receivedBinary = HubBinaryRewriter(bytesMax: recordBytesMax)
    private var sentBinary = HubBinaryRewriter(bytesMax: recordBytesMax)

    /// - Parameters:
    ///   - keepsPersonalData: Whether what is about persons may stay.
    ///   - known: Texts that go wherever they stand; short ones are found in honest words as well, and ignored.
    package init(keepsPersonalData: Bool, known: @escaping @Sendable () -> [String] = { [] }) {
        redaction = MT4Redaction(keepsPersonalData: keepsPersonalData)
        self.known = known
    }

    package var heldBytes: Int {
        received.heldBytes + sent.heldBytes + receivedBinary.heldBytes + sentBinary.heldBytes
    }

    package mutating func redact(_ batch: inout MessageBatch) {
        if let known {
            redaction = MT4Redaction(keepsPersonalData: redaction.keepsPersonalData, known: known())
            self.known = nil
        }
        var rewriting: MessageBatch?
        for index in batch.entries.indices {
            let entry = batch.entries[index]
            let output = batch.withPayload(at: index) { payload in
                let isPacked = entry.kind == .binary && !Self.isJSON(payload)
                return switch (isPacked, entry.direction) {
                case (true, .received): Self.redacted(payload, &receivedBinary, redaction)
                case (true, .sent): Self.redacted(payload, &sentBinary, redaction)
                case (_, .received): received.redacted(payload, redaction)
                case (_, .sent): sent.redacted(payload, redaction)
                }
            }
            if output != nil, rewriting == nil {
                rewriting = MessageBatch()
                for earlier in 0..<index { rewriting?.append(messageAt: earlier, of: batch) }
            }
            if let output {
                rewriting?.append(output, kind: entry.kind, direction: entry.direction, tsRecv: entry.tsRecv)
                rewriting?.entries[index].isRedacted = true
            } else {
                rewriting?.append(messageAt: index, of: batch)
            }
        }
        if let rewriting { batch = rewriting }
    }

    /// True for JSON records in a binary message, as of a hub that means nothing by that.
    ///
    /// As MessagePack it would begin with a message that is no array.
    private static func isJSON(_ payload: UnsafeRawBufferPointer) -> Bool {
        let (brace, separator) = (UInt8(ascii: "{"), HubRecordScanner.separator)
        guard payload.count > 2, payload[0] == brace, payload[1] < 0x80, payload.last == separator else { return false }
        // Behind a handshake there may be MessagePack.
        return payload.indices.dropLast().allSatisfy { payload[$0] != separator || payload[$0 + 1] == brace }
    }

    /// What a message of MessagePack becomes; `nil` where it stays.
    private static func redacted(
        _ payload: UnsafeRawBufferPointer,
        _ rewriter: inout HubBinaryRewriter,
        _ redaction: MT4Redaction
    ) -> [UInt8]? {
        rewriter.rewritten(payload, isSuspicious: redaction.isSuspicious(packed:), redacted: redaction.redacted)
    }

    /// One direction: the record that has begun and not ended.
    private struct Stream: Sendable {
        private var carry: [UInt8] = []
        /// This much of ``carry`` has gone out already.
        private var passed = 0
        /// True from the moment a record grew too long until its separator comes.
        private var isSkipping = false

        var heldBytes: Int { carry.count - passed }

        /// What a message becomes; `nil` where it stays as it is.
        mutating func redacted(_ payload: UnsafeRawBufferPointer, _ redaction: MT4Redaction) -> [UInt8]? {
            let isWhole = carry.isEmpty && !isSkipping && payload.last == HubRecordScanner.separator
            if isWhole, !redaction.isSuspicious(payload) { return nil }
            var output: [UInt8] = []
            var isChanged = false
            var scanner = HubRecordScanner(payload)
            while let record = scanner.next() {
                isChanged = complete(record, redaction, into: &output) || isChanged
                output.append(HubRecordScanner.separator)
            }
            isChanged = begin(scanner.rest, redaction, into: &output) || isChanged
            return isChanged ? output : nil
        }

        /// Appends what is left of a record; true where that is not what came.
        private mutating func complete(
            _ end: UnsafeRawBufferPointer,
            _ redaction: MT4Redaction,
            into output: inout [UInt8]
        ) -> Bool {
            if isSkipping {
                isSkipping = false
                return true
            }
            guard !carry.isEmpty else {
                let redacted = redaction.redacted(end)
                if let redacted { output.append(contentsOf: redacted) } else { output.append(contentsOf: end) }
                return redacted != nil
            }
            carry.append(contentsOf: end)
            let redacted = carry.withUnsafeBytes(redaction.redacted)
            let isHeld = passed < carry.count - end.count
            append(redacted ?? carry, to: &output)
            carry = []
            passed = 0
            return isHeld || redacted != nil
        }

        /// Appends a whole record except for what went out before.
        private func append(_ record: [UInt8], to output: inout [UInt8]) {
            // Only a record that was withheld as a whole differs in what went out.
            let isSame = record.count >= passed && record[..<passed] == carry[..<passed]
            output.append(contentsOf: isSame ? record[passed...] : record[...])
        }

        /// Takes the beginning of a record, and passes it on where that is safe; true where something is held back.
        private mutating func begin(
            _ rest: UnsafeRawBufferPointer,
            _ redaction: MT4Redaction,
            into output: inout [UInt8]
        ) -> Bool {
            guard !rest.isEmpty else { return false }
            guard !isSkipping else { return true }
            guard rest.count <= MT4Redactor.recordBytesMax - carry.count else {
                let note = MT4Redaction.withheld(bytes: heldBytes + rest.count, reason: "a record that is too long")
                output.append(contentsOf: note)
                (carry, passed, isSkipping) = ([], 0, true)
                return true
            }
            let wasPassing = passed == carry.count
            carry.append(contentsOf: rest)
            // Looking at it again with every part would take the square of its length.
            guard wasPassing, carry.count <= 64 << 10, carry.withUnsafeBytes({ isSafe($0, redaction) }) else {
                return true
            }
            output.append(contentsOf: rest)
            passed = carry.count
            return false
        }

        private func isSafe(_ beginning: UnsafeRawBufferPointer, _ redaction: MT4Redaction) -> Bool {
            guard !redaction.isSuspicious(beginning) else { return false }
            let quotes = beginning.reduce(0) { $0 + ($1 == UInt8(ascii: "\"") ? 1 : 0) }
            return quotes.isMultiple(of: 2)
        }
    }
}
