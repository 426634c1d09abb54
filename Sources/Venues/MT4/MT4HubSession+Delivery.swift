import JSONScanning
package import MarketModel
import SignalRProtocol

extension MT4HubSession {
    /// Appends what this client gets of the taped messages, at most one message for each of them.
    ///
    /// Unreadable records go to every client unchanged, because the venue sent them. A taped record that was split over
    /// messages is sent whole, in place of the message that completed it.
    package mutating func deliver(_ tape: MessageBatch, _ range: Range<Int>, into output: inout MessageBatch) {
        tape.bytes.withUnsafeBytes { bytes in
            for index in range {
                let entry = tape.entries[index]
                guard entry.direction == .received else { continue }
                let start = output.bytes.count
                let payload = UnsafeRawBufferPointer(rebasing: bytes[entry.range])
                if isPacked(payload, entry.kind) {
                    deliverBinaryMessage(payload, into: &output.bytes)
                } else {
                    deliverMessage(payload, into: &output.bytes)
                }
                end(from: start, tsRecv: entry.tsRecv, in: &output)
            }
        }
    }

    private func end(from start: Int, tsRecv: UnixNanoseconds, in output: inout MessageBatch) {
        conversation.endMessage(from: start, in: &output, tsRecv: tsRecv)
        guard conversation.behavior.splitsRecords, let whole = output.entries.last, whole.offset == start else {
            return
        }
        // The two halves become two messages.
        var second = whole
        output.entries[output.entries.count - 1].length = whole.length / 2
        second.offset += whole.length / 2
        second.length -= whole.length / 2
        output.entries.append(second)
    }

    /// True for a MessagePack message.
    ///
    /// A tape joins connections, so the first bytes of each record decide. For a continued record, its first part
    /// decides.
    private func isPacked(_ payload: UnsafeRawBufferPointer, _ kind: MessageKind) -> Bool {
        guard !tapeReader.isPending else { return true }
        guard !tapeCarry.isPending, kind == .binary else { return false }
        return HubNotation().isPacked(opening: payload, kind: kind)
    }

    /// Delivers a message that was recorded in MessagePack.
    ///
    /// Unreadable parts are left out.
    private mutating func deliverBinaryMessage(_ payload: UnsafeRawBufferPointer, into output: inout [UInt8]) {
        var (records, problems) = ([UInt8](), [HubBinaryReader.Problem]())
        tapeReader.appendRecords(of: payload, to: &records, problems: &problems)
        records.withUnsafeBytes { deliverMessage($0, into: &output) }
    }

    private mutating func deliverMessage(_ payload: UnsafeRawBufferPointer, into output: inout [UInt8]) {
        var scanner = HubRecordScanner(payload)
        if tapeCarry.isPending { deliverJoined(&scanner, into: &output) }
        while let bytes = scanner.next() {
            deliverRecord(bytes, into: &output)
        }
        _ = tapeCarry.keep(scanner.rest)
    }

    /// Delivers the record that started in an earlier message.
    ///
    /// If that message was the last of a lost connection, the new bytes are not a continuation but a whole record.
    private mutating func deliverJoined(_ scanner: inout HubRecordScanner, into output: inout [UInt8]) {
        var fresh = scanner
        guard case .record(let joined) = tapeCarry.finish(with: &scanner) else { return }
        let isContinued = joined.withUnsafeBytes { (try? HubRecord($0)) != nil }
        if !isContinued, let record = fresh.next(), (try? HubRecord(record)) != nil {
            deliverRecord(record, into: &output)
        } else {
            joined.withUnsafeBytes { deliverRecord($0, into: &output) }
        }
    }

    private mutating func deliverRecord(_ bytes: UnsafeRawBufferPointer, into output: inout [UInt8]) {
        guard let record = try? HubRecord(bytes) else {
            appendRecord(bytes, to: &output)
            return
        }
        if record.hasEscapedKeys, let plain = JSONText.plain(bytes) {
            return plain.withUnsafeBytes { deliverRecord($0, into: &output) }
        }
        switch record.type {
        case .invocation: deliverCallback(record, into: &output)
        case .streamItem: deliverItem(record, into: &output)
        // The session itself handles these, like the handshake.
        case .completion, .ping, .close, .ack, .sequence, .streamInvocation, .cancelInvocation: break
        case nil: if HubHandshakeResponse(record) == nil { appendRecord(bytes, to: &output) }
        }
    }

    private func appendRecord(_ bytes: UnsafeRawBufferPointer, to output: inout [UInt8]) {
        output.append(contentsOf: bytes)
        output.append(HubRecordScanner.separator)
    }

    // MARK: Callbacks

    private mutating func deliverCallback(_ record: HubRecord, into output: inout [UInt8]) {
        let isWanted: Bool
        switch record.target.flatMap({ $0.withText { MT4Callback($0) } }) {
        case .tick: isWanted = isTickWanted(record)
        case .ticks, .ticksOHLC:
            deliverTicks(record, into: &output)
            return
        case .symbolUpdate: isWanted = wanted.isSymbolUpdates && isUpdateAllowed(record)
        case .onlineUpdate: isWanted = wanted.isOnlineUpdates
        case .marginUpdate, nil: isWanted = true
        }
        if isWanted { appendRecord(record.bytes, to: &output) }
    }

    private mutating func isTickWanted(_ record: HubRecord) -> Bool {
        if wanted.isAllTicks, isSymbolAllowed == nil { return true }
        guard let arguments = record.argumentList, let fields = try? MT4Arguments.tickFields(in: arguments) else {
            return true
        }
        return isWanted(fields.symbol)
    }

    /// Delivers a list of ticks or bars: unchanged if all are wanted, otherwise only the wanted elements.
    private mutating func deliverTicks(_ record: HubRecord, into output: inout [UInt8]) {
        guard !wanted.isAllTicks || isSymbolAllowed != nil, let arguments = record.argumentList,
            let list = try? MT4Arguments.list("ticks", in: arguments)?.value, list.kind == .array
        else {
            appendRecord(record.bytes, to: &output)
            return
        }
        let elements = list.bytes
        let (wantedCount, count) = (try? wantedElements(of: elements)) ?? (0, 0)
        if wantedCount == count {
            appendRecord(record.bytes, to: &output)
        } else if wantedCount > 0 {
            let listStart = record.bytes.offset(of: elements)
            output.append(contentsOf: record.bytes[...listStart])
            try? appendWantedElements(of: elements, to: &output)
            output.append(contentsOf: record.bytes[(listStart + elements.count - 1)...])
            output.append(HubRecordScanner.separator)
        }
    }

    private mutating func wantedElements(
        of list: UnsafeRawBufferPointer
    ) throws(JSONError) -> (wanted: Int, all: Int) {
        var counts = (wanted: 0, all: 0)
        var cursor = JSONCursor(list)
        try cursor.enterArray()
        while try cursor.nextElement() {
            let element = try cursor.nextValue()
            counts.all += 1
            counts.wanted += try isElementWanted(element, isCounted: true) ? 1 : 0
        }
        return counts
    }

    private mutating func appendWantedElements(
        of list: UnsafeRawBufferPointer,
        to output: inout [UInt8]
    ) throws(JSONError) {
        var isFirst = true
        var cursor = JSONCursor(list)
        try cursor.enterArray()
        while try cursor.nextElement() {
            let element = try cursor.nextValue()
            guard try isElementWanted(element, isCounted: false) else { continue }
            if !isFirst { output.append(UInt8(ascii: ",")) }
            isFirst = false
            let quotes = element.kind == .string ? 1 : 0
            let end = cursor.position
            output.append(contentsOf: list[(end - element.bytes.count - 2 * quotes)..<end])
        }
    }

    private mutating func isElementWanted(_ element: JSONValue, isCounted: Bool) throws(JSONError) -> Bool {
        guard element.kind == .object else { return true }
        return isWanted(try MT4Fields(element.bytes).symbol, isCounted: isCounted)
    }

    // MARK: Streams

    /// Delivers an item once for each open stream of its kind, under that stream's ID.
    private mutating func deliverItem(_ record: HubRecord, into output: inout [UInt8]) {
        guard let item = record.item, let id = record.invocationIDRange else { return }
        let fields = item.first == UInt8(ascii: "{") ? try? MT4Fields(item) : nil
        let kind = kind(of: fields, under: record.slice(id))
        guard isAllowed(fields?.symbol) else { return }
        if wanted.streams.isEmpty, let kind { itemsPassed[kind, default: 0] += 1 }
        for stream in wanted.streams {
            let isMatch = kind.map { $0 == stream.kind } ?? stream.invocationID.elementsEqual(record.slice(id))
            guard isMatch else { continue }
            output.append(contentsOf: record.bytes[..<id.lowerBound])
            output.append(contentsOf: stream.invocationID)
            output.append(contentsOf: record.bytes[id.upperBound...])
            output.append(HubRecordScanner.separator)
        }
    }

    /// Returns the kind of an item, from its members or from earlier items with the same ID.
    private mutating func kind(of fields: MT4Fields?, under id: UnsafeRawBufferPointer) -> MT4ItemKind? {
        let place = tapeStreams.firstIndex { $0.invocationID.elementsEqual(id) }
        guard let kind = fields?.itemKind else { return place.map { tapeStreams[$0].kind } }
        if let place {
            if tapeStreams[place].kind != kind { tapeStreams[place] = .init(kind: kind, invocationID: Array(id)) }
        } else if tapeStreams.count < Self.streamsMax {
            tapeStreams.append(.init(kind: kind, invocationID: Array(id)))
        }
        return kind
    }
}
