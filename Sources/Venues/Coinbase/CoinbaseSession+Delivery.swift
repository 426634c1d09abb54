import JSONScanning
package import MarketModel

extension CoinbaseSession {
    package mutating func deliver(_ tape: MessageBatch, _ range: Range<Int>, into output: inout MessageBatch) {
        tape.bytes.withUnsafeBytes { bytes in
            for index in range where tape.entries[index].direction == .received && tape.entries[index].kind != .rest {
                let entry = tape.entries[index]
                let payload = UnsafeRawBufferPointer(rebasing: bytes[entry.range])
                JSONText.withPlain(payload) { deliver($0, entry, &output) }
            }
        }
    }

    private mutating func deliver(
        _ payload: UnsafeRawBufferPointer,
        _ entry: MessageBatch.Entry,
        _ output: inout MessageBatch
    ) {
        guard let envelope = try? CoinbaseEnvelope(JSONCursor(payload)) else {
            // Text that is not JSON names no channel.
            tapeNumbers.noteUnreadable()
            noteTime(entry.tsRecv)
            return output.append(payload, kind: entry.kind, direction: .sent, tsRecv: entry.tsRecv)
        }
        if let number = envelope.number?.integer, number >= 0 {
            if case .hole = tapeNumbers.note(number, EventOrigin(message: 0, item: 0)) { skipNumber() }
        }
        guard let name = envelope.channel, name.kind == .string, let channel = CoinbaseChannel(dataName: name.bytes),
            let list = envelope.events
        else { return }
        var (parts, isWhole): ([[UInt8]], Bool) = ([], true)
        try? list.forEachElement { _, event throws(JSONError) in
            let part = try wanted(event, channel)
            isWhole = isWhole && (part?.isWhole ?? false)
            if let part { parts.append(part.json) }
        }
        guard !parts.isEmpty else { return }
        noteTime(entry.tsRecv)
        let events = isWhole ? Array(list.bytes) : Array("[".utf8) + parts.joined(separator: ",".utf8) + "]".utf8
        let bytes = isWhole ? numbered(payload, envelope) : rebuilt(envelope, channel, events)
        output.append(bytes, kind: entry.kind, direction: .sent, tsRecv: entry.tsRecv)
    }

    /// The message with the client's number in place of the tape's.
    private mutating func numbered(_ payload: UnsafeRawBufferPointer, _ envelope: CoinbaseEnvelope) -> [UInt8] {
        guard let value = envelope.number?.bytes, let start = payload.baseAddress, let place = value.baseAddress else {
            return Array(payload)
        }
        let offset = place - start
        return Array(payload[..<offset]) + "\(takeNumber())".utf8 + Array(payload[(offset + value.count)...])
    }

    private mutating func rebuilt(
        _ envelope: CoinbaseEnvelope,
        _ channel: CoinbaseChannel,
        _ events: [UInt8]
    ) -> [UInt8] {
        var text = #"{"channel":"\#(channel.dataName)""#
        if let time = envelope.timestamp?.text { text += #","timestamp":\#(JSONText.quoted(time))"# }
        return Array(#"\#(text),"sequence_num":\#(takeNumber()),"events":"#.utf8) + events + "}".utf8
    }

    /// What the client gets of an event; `nil` for nothing.
    private mutating func wanted(
        _ event: JSONValue,
        _ channel: CoinbaseChannel
    ) throws(JSONError) -> (json: [UInt8], isWhole: Bool)? {
        let fields = try CoinbaseEvent(event, channel)
        if channel == .book { return takes(fields.product, channel) ? (Array(event.bytes), true) : nil }
        guard let items = fields.items else { return nil }
        var (parts, count): ([[UInt8]], Int) = ([], 0)
        try items.forEachElement { _, item throws(JSONError) in
            count += 1
            var product: JSONValue?
            try item.forEachMember { key, value in
                if key.equals("product_id") { product = value }
            }
            if takes(product, channel) { parts.append(Array(item.bytes)) }
        }
        guard !parts.isEmpty else { return nil }
        if parts.count == count { return (Array(event.bytes), true) }
        let type = fields.type?.text ?? "update"
        let head = #"{"type":\#(JSONText.quoted(type)),"\#(CoinbaseReply.list(channel))":["#
        return (Array(head.utf8) + parts.joined(separator: ",".utf8) + "]}".utf8, false)
    }
}
