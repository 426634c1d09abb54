import MarketModel
import SignalRProtocol

/// The redaction of one direction of a connection.
///
/// The protocol of the connection decides where records end, whatever the frames and bytes look like. A message that
/// ends inside a record is held until the record's end. Bytes are withheld if it is not certain how to read them.
struct MT4RedactedStream: Sendable {
    private var held = MT4HeldMessages()
    /// The protocol of the current record, and the search for its end; `nil` between two records.
    private var current: (hubProtocol: HubProtocol, boundary: HubRecordBoundary)?
    /// True until the end of the first record.
    ///
    /// This is the handshake if the conversation is complete from its start.
    private var isFirst = true
    /// True from the moment when a record grew too long until it ends.
    private var isSkipping = false
    /// True after a MessagePack length was invalid.
    private var isBroken = false

    /// An invalid length.
    ///
    /// It replaces everything after an invalid length in the stream.
    private static let senseless = [UInt8](repeating: 0xff, count: 5)

    /// True if a message may pass unchanged: it has only whole records, and none is suspicious.
    func isHarmless(
        _ payload: UnsafeRawBufferPointer,
        _ notation: HubNotation,
        _ redaction: MT4Redaction
    ) -> Bool {
        guard !isFirst, current == nil, !isBroken else { return false }
        switch notation.settled {
        case .json: return payload.last == HubRecordScanner.separator && !redaction.isSuspicious(payload)
        case .messagePack: return Self.isWhole(payload) && !redaction.isSuspicious(packed: payload)
        case nil: return false
        }
    }

    /// Processes a message that needs closer inspection, and appends to `output` what may pass.
    mutating func take(
        _ payload: UnsafeRawBufferPointer,
        _ entry: MessageBatch.Entry,
        _ notation: inout HubNotation,
        _ redaction: MT4Redaction,
        into output: inout MessageBatch
    ) {
        var message = MT4MessageDraft(entry)
        var rest = payload
        // An empty message must not overtake held messages.
        if rest.isEmpty, !held.isEmpty { return goOn(rest, &message, into: &output) }
        while !rest.isEmpty, !isBroken {
            if current == nil {
                switch begin(rest, entry, notation) {
                case .json: current = (.json, HubRecordBoundary(.json))
                case .messagePack: current = (.messagePack, begunBoundary())
                case .unfinished: return goOn(rest, &message, into: &output)
                case .neither:
                    withhold(rest, &message, into: &output)
                    return message.finish(into: &output)
                }
            }
            do throws(MessagePackError) {
                guard let end = try current?.boundary.end(in: rest) else {
                    return goOn(rest, &message, into: &output)
                }
                complete(UnsafeRawBufferPointer(rebasing: rest[..<end]), entry, &notation, redaction, &message, &output)
                rest = UnsafeRawBufferPointer(rebasing: rest[end...])
            } catch {
                isBroken = true
                drop(&message, into: &output)
            }
        }
        if isBroken { message.append(Self.senseless, isChanged: !rest.elementsEqual(Self.senseless)) }
        message.finish(into: &output)
    }

    /// Releases the held messages, because the connection has ended.
    ///
    /// - Returns: The number of bytes withheld from an incomplete record.
    mutating func finish(_ redaction: MT4Redaction, into output: inout MessageBatch) -> Int {
        let count = held.record.count
        let harmless = current?.hubProtocol == .json ? held.record.withUnsafeBytes(redaction.harmlessBytes) : 0
        let edits = harmless == count ? [] : [MT4Edit(range: harmless..<count, replacement: [])]
        _ = held.release(edits, into: &output)
        current = nil
        return count - harmless
    }

    // MARK: Records

    /// Decides the protocol of the record that starts with the held bytes and `rest`.
    private func begin(
        _ rest: UnsafeRawBufferPointer,
        _ entry: MessageBatch.Entry,
        _ notation: HubNotation
    ) -> HubNotation.Verdict {
        guard !held.isEmpty else { return notation.verdict(on: rest, isFirst: isFirst, kind: entry.kind) }
        let beginning = held.record + rest.prefix(8)
        return beginning.withUnsafeBytes { notation.verdict(on: $0, isFirst: isFirst, kind: entry.kind) }
    }

    /// Returns the boundary search of a MessagePack message whose first bytes are already held.
    private func begunBoundary() -> HubRecordBoundary {
        var boundary = HubRecordBoundary(.messagePack)
        _ = held.record.withUnsafeBytes { try? boundary.end(in: $0) }
        return boundary
    }

    /// Processes the end of a record, or a whole record.
    private mutating func complete(
        _ end: UnsafeRawBufferPointer,
        _ entry: MessageBatch.Entry,
        _ notation: inout HubNotation,
        _ redaction: MT4Redaction,
        _ message: inout MT4MessageDraft,
        _ output: inout MessageBatch
    ) {
        if isSkipping {
            let separator = current?.hubProtocol == .json ? [HubRecordScanner.separator] : []
            message.append(separator, isChanged: true)
        } else if held.isEmpty {
            message.append(end, edits(of: end, entry, &notation, redaction))
        } else {
            held.complete(with: end)
            let changes = held.record.withUnsafeBytes { edits(of: $0, entry, &notation, redaction) }
            let (rest, isChanged) = held.release(changes, into: &output)
            message.append(rest, isChanged: isChanged)
        }
        isSkipping = false
        current = nil
        isFirst = false
    }

    /// Returns the edits of a record, which is given with its separator or length.
    ///
    /// The first records settle the protocol.
    private func edits(
        of record: UnsafeRawBufferPointer,
        _ entry: MessageBatch.Entry,
        _ notation: inout HubNotation,
        _ redaction: MT4Redaction
    ) -> [MT4Edit] {
        guard current?.hubProtocol == .json else {
            if notation.settled == nil { notation.settle(.messagePack) }
            return redaction.edits(ofPacked: record)
        }
        let json = UnsafeRawBufferPointer(rebasing: record.dropLast())
        if isFirst, entry.direction == .sent { notation.note(request: json) }
        if notation.settled == nil {
            if let record = try? HubRecord(json) {
                if record.typeNumber != nil { notation.settle(.json) }
            } else if isFirst {
                // It may be the end of a record whose start is missing, and part of a secret.
                return [MT4Redaction.withheld(json.indices, reason: "the beginning of a record is missing")]
            }
        }
        return redaction.edits(of: json)
    }

    // MARK: Holding

    /// Holds a message that ends inside a record.
    ///
    /// The record is withheld if holding it costs too much memory.
    private mutating func goOn(
        _ rest: UnsafeRawBufferPointer,
        _ message: inout MT4MessageDraft,
        into output: inout MessageBatch
    ) {
        guard !isSkipping else {
            message.append([], isChanged: true)
            return message.finish(into: &output)
        }
        held.append(message, endingWith: rest)
        guard held.cost > MT4Redactor.heldBytesMax else { return }
        let whole = held.record.indices
        let note =
            current?.hubProtocol == .json
            ? MT4Redaction.withheld(whole, reason: "a record that is too long")
            : MT4Edit(range: whole, replacement: MT4Redaction.withheldPacked)
        _ = held.release([note], into: &output)
        isSkipping = true
    }

    /// Withholds the remainder of a message that starts no record, and the held bytes before it.
    private mutating func withhold(
        _ rest: UnsafeRawBufferPointer,
        _ message: inout MT4MessageDraft,
        into output: inout MessageBatch
    ) {
        let count = held.record.count + rest.count
        drop(&message, into: &output)
        let note = MT4Redaction.withheld(0..<count, reason: "the beginning of a record is missing")
        message.append(note.replacement + [HubRecordScanner.separator], isChanged: true)
    }

    /// Releases the held messages without their incomplete record.
    private mutating func drop(_ message: inout MT4MessageDraft, into output: inout MessageBatch) {
        guard !held.isEmpty else { return }
        let (rest, isChanged) = held.release(
            [MT4Edit(range: held.record.indices, replacement: [])],
            into: &output
        )
        message.append(rest, isChanged: isChanged)
    }

    /// True for MessagePack messages of which the last one is complete.
    private static func isWhole(_ payload: UnsafeRawBufferPointer) -> Bool {
        var position = 0
        while position < payload.count {
            var boundary = HubRecordBoundary(.messagePack)
            guard let end = try? boundary.end(in: payload, from: position) else { return false }
            position = end
        }
        return true
    }
}
