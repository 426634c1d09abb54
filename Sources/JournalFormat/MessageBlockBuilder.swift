package import MarketModel

/// Collects messages of one connection in the columns of a block.
///
/// The columns are ready at any time. Appending is a few copies, and a growing tail block can be encoded repeatedly.
package struct MessageBlockBuilder: Sendable {
    private var indexDeltas = ByteColumn()
    private var timeDeltas = ByteColumn()
    private var lengths = ByteColumn()
    private var flags = ByteColumn()
    private var payloads: [UInt8] = []
    private var firstTime: Int64 = 0
    private var lastTime: Int64 = 0
    private var timeMin = Int64.max
    private var timeMax = Int64.min
    /// Messages with final indexes, and the bytes of their index deltas.
    private var settled = (count: 0, deltaBytes: 0)

    /// Messages appended since the start or the last ``removeAll()``.
    package private(set) var count = 0
    /// Messages with a redacted payload.
    package private(set) var redactedCount = 0
    /// Index of the first message; 0 while empty.
    package private(set) var firstMessageIndex: Int64 = 0
    /// Index of the last message; 0 while empty.
    package private(set) var lastMessageIndex: Int64 = 0

    package init() {}

    package var isEmpty: Bool { count == 0 }
    package var payloadBytes: Int { payloads.count }
    private var columnBytes: Int { indexDeltas.count + timeDeltas.count + lengths.count + flags.count }
    /// Payloads and columns together, to compare with a block's target size: empty messages take space too.
    package var bodyBytes: Int { columnBytes + payloadBytes }

    /// Whether one more message of `payloadBytes` keeps the block within ``BlockLimits``.
    package func hasRoom(forPayloadBytes payloadBytes: Int) -> Bool {
        count < BlockLimits.messageCountMax && payloadBytes <= BlockLimits.payloadBytesMax - payloads.count
    }

    /// Appends the messages `range` of `batch`; the first gets the index `firstMessageIndex`, each further one the
    /// next.
    ///
    /// - Precondition: `firstMessageIndex` is not negative and higher than the last message's index.
    package mutating func append(batch: MessageBatch, range: Range<Int>, firstMessageIndex: Int64) {
        guard !range.isEmpty else { return }
        appendIndexes(from: firstMessageIndex, count: range.count)
        batch.entries.withUnsafeBufferPointer { appendColumns(UnsafeBufferPointer(rebasing: $0[range])) }
        appendPayloads(of: batch, range: range)
        count += range.count
    }

    /// Appends all messages of `batch`; see ``append(batch:range:firstMessageIndex:)``.
    package mutating func append(batch: MessageBatch, firstMessageIndex: Int64) {
        append(batch: batch, range: 0..<batch.count, firstMessageIndex: firstMessageIndex)
    }

    /// Appends one message.
    ///
    /// - Precondition: `messageIndex` is not negative and higher than the last message's index.
    package mutating func append(
        _ payload: UnsafeRawBufferPointer,
        kind: MessageKind,
        direction: MessageDirection,
        tsRecv: UnixNanoseconds,
        messageIndex: Int64
    ) {
        var entry = MessageBatch.Entry(
            offset: 0,
            length: payload.count,
            tsRecv: tsRecv,
            direction: direction,
            kind: kind
        )
        appendIndexes(from: messageIndex, count: 1)
        withUnsafePointer(to: &entry) { appendColumns(UnsafeBufferPointer(start: $0, count: 1)) }
        payloads.append(contentsOf: payload)
        count += 1
    }

    /// Raises the indexes of the messages appended since the last call by `offset`, and makes them final.
    ///
    /// - Precondition: `offset` is not negative.
    package mutating func settleIndexes(raisedBy offset: Int64) {
        precondition(offset >= 0, "message indexes are only raised")
        defer { settled = (count, indexDeltas.count) }
        guard offset > 0, count > settled.count else { return }
        lastMessageIndex += offset
        if settled.count == 0 {
            firstMessageIndex += offset
        } else {
            // The differences between messages raised together do not change.
            indexDeltas.raiseVarint(at: settled.deltaBytes, by: UInt64(offset))
        }
    }

    /// Removes all messages and keeps the memory for the next block.
    package mutating func removeAll() {
        indexDeltas.removeAll()
        timeDeltas.removeAll()
        lengths.removeAll()
        flags.removeAll()
        payloads.removeAll(keepingCapacity: true)
        (firstTime, lastTime, timeMin, timeMax) = (0, 0, .max, .min)
        settled = (0, 0)
        (count, redactedCount, firstMessageIndex, lastMessageIndex) = (0, 0, 0, 0)
    }
}

// MARK: - Appending

extension MessageBlockBuilder {
    private mutating func appendIndexes(from first: Int64, count added: Int) {
        precondition(first >= 0 && (isEmpty || first > lastMessageIndex), "message indexes must increase")
        var delta: UInt64 = 0
        if isEmpty { firstMessageIndex = first } else { delta = UInt64(first - lastMessageIndex) }
        lastMessageIndex = first + Int64(added - 1)
        indexDeltas.append(bytesMax: Varint.bytesMax + added) { target in
            var target = Varint.write(delta, to: target)
            for _ in 1..<added {
                target.pointee = 1
                target += 1
            }
            return target
        }
    }

    /// Appends times, lengths and flags; one pass per column keeps each loop small.
    private mutating func appendColumns(_ entries: UnsafeBufferPointer<MessageBatch.Entry>) {
        appendTimes(entries)
        lengths.append(bytesMax: Varint.bytesMax * entries.count) { target in
            var target = target
            for entry in entries { target = Varint.write(UInt64(entry.length), to: target) }
            return target
        }
        var redacted = 0
        flags.append(bytesMax: entries.count) { target in
            var target = target
            for entry in entries {
                redacted += entry.isRedacted ? 1 : 0
                target.pointee = entry.direction.rawValue | entry.kind.rawValue << 1 | (entry.isRedacted ? 8 : 0)
                target += 1
            }
            return target
        }
        redactedCount += redacted
    }

    private mutating func appendTimes(_ entries: UnsafeBufferPointer<MessageBatch.Entry>) {
        guard let first = entries.first else { return }
        if isEmpty {
            firstTime = first.tsRecv.rawValue
            lastTime = firstTime
        }
        var (previous, earliest, latest) = (lastTime, timeMin, timeMax)
        timeDeltas.append(bytesMax: Varint.bytesMax * entries.count) { target in
            var target = target
            for entry in entries {
                let time = entry.tsRecv.rawValue
                target = Varint.write(Varint.zigzag(time &- previous), to: target)
                previous = time
                earliest = min(earliest, time)
                latest = max(latest, time)
            }
            return target
        }
        (lastTime, timeMin, timeMax) = (previous, earliest, latest)
    }

    /// Copies adjacent payloads together: a whole batch is usually one copy.
    private mutating func appendPayloads(of batch: MessageBatch, range: Range<Int>) {
        var run = batch.entries[range.lowerBound].range
        for entry in batch.entries[range].dropFirst() {
            if entry.offset == run.upperBound {
                run = run.lowerBound..<run.upperBound + entry.length
            } else {
                payloads.append(contentsOf: batch.bytes[run])
                run = entry.range
            }
        }
        payloads.append(contentsOf: batch.bytes[run])
    }
}

// MARK: - Encoding

extension MessageBlockBuilder {
    /// Returns the block of all messages so far, which are kept; without `compressor` the body is stored uncompressed.
    ///
    /// - Throws: ``BlockError/Code/limitExceeded`` over ``BlockLimits``, ``BlockError/Code/compressionFailed`` if zstd
    ///   has no memory.
    ///
    /// - Precondition: there is a message.
    package func encode(with compressor: ZstdCompressor?) throws(BlockError) -> EncodedBlock {
        precondition(!isEmpty, "a block has at least one message")
        guard payloadBytes <= BlockLimits.payloadBytesMax else {
            throw .mismatch(.limitExceeded, 16, BlockLimits.payloadBytesMax, payloadBytes, "payload bytes")
        }
        guard count <= BlockLimits.messageCountMax else {
            throw .mismatch(.limitExceeded, 8, BlockLimits.messageCountMax, count, "message count")
        }
        let header = BlockHeader(
            codec: .none,
            messageCount: count,
            columnBytes: columnBytes,
            payloadBytes: payloadBytes,
            tsFirst: firstTime,
            firstMessageIndex: firstMessageIndex,
            bodyBytes: bodyBytes
        )
        return EncodedBlock(
            bytes: try BlockEncoder.block(header: header, body: body(), compressor: compressor),
            messageCount: count,
            firstMessageIndex: firstMessageIndex,
            lastMessageIndex: lastMessageIndex,
            tsFirst: UnixNanoseconds(timeMin),
            tsLast: UnixNanoseconds(timeMax),
            payloadBytes: payloadBytes,
            redactedCount: redactedCount
        )
    }

    /// The columns in the order of the format, then the payloads.
    private func body() -> [UInt8] {
        var body: [UInt8] = []
        body.reserveCapacity(bodyBytes)
        for column in [indexDeltas, timeDeltas, lengths, flags] { body.append(contentsOf: column.bytes) }
        body.append(contentsOf: payloads)
        return body
    }
}
