import JSONScanning
package import MarketModel
import SignalRProtocol

/// Redacts the messages of one connection to a hub, in both directions.
///
/// A record may be split over messages, and a secret with it. The beginning of a record goes on at once where it is
/// certain to be harmless by itself: nothing in it is suspicious, and it does not end inside a text. Otherwise it is held
/// back and comes out, redacted, in the message that completes it.
package struct MT4Redactor: MessageRedactor {
    /// Bytes of a split record that are looked at; of longer ones the rest is withheld.
    package static let recordBytesMax = 16 << 20

    private let redaction: MT4Redaction
    private var received = Stream()
    private var sent = Stream()

    package init(keepsPersonalData: Bool) {
        redaction = MT4Redaction(keepsPersonalData: keepsPersonalData)
    }

    package var heldBytes: Int { received.heldBytes + sent.heldBytes }

    package mutating func redact(_ batch: inout MessageBatch) {
        var rewriting: MessageBatch?
        for index in batch.entries.indices {
            let entry = batch.entries[index]
            let output = batch.withPayload(at: index) { payload in
                if entry.kind == .binary { return redactedBinary(payload) }
                return entry.direction == .received
                    ? received.redacted(payload, redaction) : sent.redacted(payload, redaction)
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

    /// What a binary message becomes; `nil` where it stays.
    ///
    /// MessagePack has its texts in plain sight, so a message that names nothing holds nothing. One that does is withheld
    /// whole; whoever can turn such a message into JSON and back goes here.
    private func redactedBinary(_ payload: UnsafeRawBufferPointer) -> [UInt8]? {
        // Names follow each other without quotes there.
        guard MT4SecretNames.holdsMarker(payload) || MT4SecretNames.holdsPackedName(payload, redaction) else {
            return nil
        }
        return MT4Redaction.withheld(bytes: payload.count, reason: "a binary message that names secrets")
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
