import JSONScanning
import MarketModel

extension EventWriter {
    /// Adds what happens to an order book at the tape time `time`; `names` is the constant part of its JSON.
    mutating func append(_ update: BookUpdate, names: [UInt8], at time: UnixNanoseconds) {
        let offset = chunk.batch.bytes.count
        switch update.kind {
        case .snapshot: add(#"{"type":"book","kind":"snapshot""#)
        case .change: add(#"{"type":"book","kind":"change""#)
        case .invalid: add(#"{"type":"book","kind":"invalid""#)
        }
        add(#","ts_recv":"#, update.tsRecv.rawValue &+ shift)
        if let tsEvent = update.tsEvent { add(#","ts_event":"#, tsEvent.rawValue &+ shift) }
        chunk.batch.bytes.append(contentsOf: names)
        if case .invalid(let cause) = update.kind {
            add(cause)
        } else {
            add(#","bids":["#)
            add(update.levels, .bid)
            add(#"],"asks":["#)
            add(update.levels, .ask)
            add("]")
            if update.kind == .snapshot, !update.isVerifiable { add(#","is_verifiable":false"#) }
            if let sequence = update.sequence { add(#","sequence":"#, sequence) }
        }
        if let index = update.messageIndex { add(#","message_index":"#, index) }
        add("}\n")
        end(.book, offset, time)
    }

    private mutating func add(_ cause: BookUpdate.Cause) {
        add(#","cause":"#)
        JSONText.appendString(cause.word, to: &chunk.batch.bytes)
        if let detail = cause.detail {
            add(#","detail":"#)
            JSONText.appendString(detail, to: &chunk.batch.bytes)
        }
        if let expected = cause.expected { add(#","expected":"#, expected) }
        if let found = cause.found { add(#","found":"#, found) }
    }

    /// Adds the levels of a side as `[price,size]`, in their order.
    private mutating func add(_ levels: [BookLevel], _ side: BookSide) {
        var isFirst = true
        for level in levels where level.side == side {
            add(isFirst ? "[" : ",[")
            isFirst = false
            level.price.write(to: &chunk.batch.bytes)
            add(",")
            level.size.write(to: &chunk.batch.bytes)
            add("]")
        }
    }

    private mutating func add(_ text: StaticString) {
        chunk.batch.bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    private mutating func add(_ name: StaticString, _ value: Int64) {
        add(name)
        FixedDecimal(mantissa: value, digits: 0).write(to: &chunk.batch.bytes)
    }
}
