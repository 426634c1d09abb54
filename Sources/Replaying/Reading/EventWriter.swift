import Archive
import BarBuilding
import JSONScanning
import MarketModel

/// Writes the events of `/replay` into a chunk: one JSON object per message.
///
/// Numbers have exactly the recorded digits.
struct EventWriter {
    /// An instrument's digits, and the constant part of its ticks' JSON.
    struct Instrument {
        let row: InstrumentRow
        fileprivate let names: [UInt8]

        init(_ row: InstrumentRow) {
            self.row = row
            var names = Array(#","venue":"#.utf8)
            JSONText.appendString(row.venue, to: &names)
            names += Array(#","symbol":"#.utf8)
            JSONText.appendString(row.symbol, to: &names)
            self.names = names
        }
    }

    /// Added to every time, in nanoseconds.
    let shift: Int64
    var chunk = TapeChunk()
    /// Room for the constant parts of a quote: eleven names, and numbers of at most 21 characters.
    private static let tickBytesMax = 640

    init(shift: Int64 = 0) {
        self.shift = shift
    }

    mutating func popChunk() -> TapeChunk {
        var taken = TapeChunk()
        swap(&taken, &chunk)
        chunk.batch.bytes.reserveCapacity(taken.batch.bytes.count + 4096)
        chunk.batch.entries.reserveCapacity(taken.count + 16)
        chunk.kinds.reserveCapacity(taken.count + 16)
        return taken
    }

    mutating func append(_ row: QuoteRow, _ instrument: Instrument) {
        let (priceDigits, sizeDigits) = (instrument.row.priceDigits, instrument.row.sizeDigits)
        appendTick(.quote, row.tsRecv, names: instrument.names) { [shift] text in
            text.add(#"{"type":"quote","ts_recv":"#)
            text.add(row.tsRecv.rawValue &+ shift)
            if let tsEvent = row.tsEvent { text.add(#","ts_event":"#, tsEvent.rawValue &+ shift) }
            text.addNames()
            if let price = row.bidPrice { text.add(#","bid_price":"#, price, digits: priceDigits) }
            if let size = row.bidSize { text.add(#","bid_size":"#, size, digits: sizeDigits) }
            if let price = row.askPrice { text.add(#","ask_price":"#, price, digits: priceDigits) }
            if let size = row.askSize { text.add(#","ask_size":"#, size, digits: sizeDigits) }
            if let sequence = row.sequence { text.add(#","sequence":"#, sequence) }
            if row.isDerived { text.add(#","is_derived":true"#) }
            text.add(#","message_index":"#, row.messageIndex)
            text.add("}\n")
        }
    }

    mutating func append(_ row: TradeRow, _ instrument: Instrument) {
        let (priceDigits, sizeDigits) = (instrument.row.priceDigits, instrument.row.sizeDigits)
        appendTick(.trade, row.tsRecv, names: instrument.names) { [shift] text in
            text.add(#"{"type":"trade","ts_recv":"#)
            text.add(row.tsRecv.rawValue &+ shift)
            if let tsEvent = row.tsEvent { text.add(#","ts_event":"#, tsEvent.rawValue &+ shift) }
            text.addNames()
            text.add(#","price":"#, row.price, digits: priceDigits)
            text.add(#","size":"#, row.size, digits: sizeDigits)
            switch row.aggressorSide {
            case .buyer: text.add(#","aggressor_side":"buyer""#)
            case .seller: text.add(#","aggressor_side":"seller""#)
            case nil: break
            }
            if let tradeID = row.tradeID { text.add(#","trade_id":"#, tradeID) }
            if row.isAggregate { text.add(#","is_aggregate":true"#) }
            if let first = row.firstTradeID { text.add(#","first_trade_id":"#, first) }
            if let last = row.lastTradeID { text.add(#","last_trade_id":"#, last) }
            if !row.isInBars { text.add(#","in_bars":false"#) }
            text.add(#","message_index":"#, row.messageIndex)
            text.add("}\n")
        }
    }

    /// Lets `body` write a tick into a buffer that is large enough for any tick, then adds it to the chunk.
    @inline(__always)
    private mutating func appendTick(
        _ kind: EventKind,
        _ tsRecv: UnixNanoseconds,
        names: [UInt8],
        _ body: (inout TickText) -> Void
    ) {
        let offset = chunk.batch.bytes.count
        withUnsafeTemporaryAllocation(byteCount: Self.tickBytesMax + names.count, alignment: 8) { space in
            names.withUnsafeBytes { names in
                guard let base = space.baseAddress else { return }
                var text = TickText(base: base.assumingMemoryBound(to: UInt8.self), names: names)
                body(&text)
                chunk.batch.bytes.append(contentsOf: UnsafeRawBufferPointer(start: base, count: text.count))
            }
        }
        end(kind, offset, tsRecv)
    }

    /// Ends a message whose line feed has been written.
    mutating func end(_ kind: EventKind, _ offset: Int, _ tsRecv: UnixNanoseconds) {
        chunk.batch.entries.append(
            MessageBatch.Entry(
                offset: offset,
                length: chunk.batch.bytes.count - offset - 1,
                tsRecv: tsRecv,
                direction: .sent,
                kind: .text
            )
        )
        chunk.kinds.append(kind)
    }

    // MARK: Rare events

    /// Adds an object with the tape time `time`.
    private mutating func append(_ kind: EventKind, at time: UnixNanoseconds, _ object: consuming JSONObjectWriter) {
        let offset = chunk.batch.bytes.count
        object.finish(into: &chunk.batch.bytes)
        chunk.batch.bytes.append(UInt8(ascii: "\n"))
        end(kind, offset, time)
    }

    private func shifted(_ time: UnixNanoseconds?) -> Int64? { time.map { $0.rawValue &+ shift } }

    mutating func append(_ row: MarginUpdateRow) {
        var object = JSONObjectWriter()
        object.text("type", EventKind.marginUpdate.name)
        object.integer("ts_recv", shifted(row.tsRecv))
        object.integer("ts_event", shifted(row.tsEvent))
        object.integer("login", row.login)
        object.text("asset", row.asset)
        object.text("account_group", row.accountGroup)
        object.integer("leverage", row.leverage)
        for (name, value, text) in [
            ("balance", row.balance, row.texts.balance), ("equity", row.equity, row.texts.equity),
            ("volume", row.volume, row.texts.volume), ("margin", row.margin, row.texts.margin),
            ("margin_free", row.marginFree, row.texts.marginFree),
            ("margin_level", row.marginLevel, row.texts.marginLevel),
        ] {
            object.decimal(name, value, row.digits)
            if value == nil, let text { object.amount(name, text) }
        }
        object.text("state", row.state.map(Self.text))
        object.integer("message_index", row.messageIndex)
        append(.marginUpdate, at: row.tsRecv, object)
    }

    private static func text(of state: MarginState) -> String {
        switch state {
        case .ok: "ok"
        case .marginCall: "margin_call"
        case .stopOut: "stop_out"
        }
    }

    mutating func append(_ row: GapRow) {
        var object = JSONObjectWriter()
        object.text("type", EventKind.gap.name)
        object.integer("ts_from", shifted(row.tsFrom))
        object.integer("ts_to", shifted(row.tsTo))
        object.text("cause", row.cause)
        object.text("detail", row.detail)
        append(.gap, at: row.tsFrom, object)
    }

    mutating func append(_ row: ConnectionRow, closed: ConnectionClosed) {
        var object = JSONObjectWriter()
        object.text("type", EventKind.disconnect.name)
        object.integer("ts_closed", shifted(closed.tsClosed))
        object.text("feed", row.feedName)
        object.text("venue", row.venue)
        object.integer("code", closed.closeCode)
        object.text("reason", closed.closeReason)
        object.text("closed_by", closed.closedBy.rawValue)
        append(.disconnect, at: closed.tsClosed, object)
    }

    /// Adds a bar with the tape time `time`, at which it was complete.
    mutating func append(_ bar: Bar, _ instrument: Instrument, at time: UnixNanoseconds) {
        var object = JSONObjectWriter()
        object.text("type", EventKind.bar.name)
        object.integer("ts_open", bar.tsOpen &+ shift)
        object.integer("ts_close", bar.tsClose &+ shift)
        object.text("venue", instrument.row.venue)
        object.text("symbol", instrument.row.symbol)
        object.text("side", bar.side.name)
        object.text("interval", bar.interval.description)
        for (name, price) in [("open", bar.open), ("high", bar.high), ("low", bar.low), ("close", bar.close)] {
            object.decimal(name, price, instrument.row.priceDigits)
        }
        object.integer("tick_count", bar.tickCount)
        object.decimal("volume", bar.volume, instrument.row.sizeDigits)
        object.boolean("is_complete", bar.isComplete)
        append(.bar, at: time, object)
    }
}

extension BarSide {
    var name: String {
        switch self {
        case .bid: "bid"
        case .ask: "ask"
        case .trade: "trade"
        }
    }
}

extension JSONObjectWriter {
    /// Adds an amount that no mantissa can hold, as the venue wrote it; left out if it is not a finite number.
    mutating func amount(_ name: String, _ text: String) {
        var text = text
        let isNumber = text.withUTF8 { bytes in
            var cursor = JSONCursor(UnsafeRawBufferPointer(bytes))
            return (try? cursor.nextValue())?.kind == .number && (try? cursor.expectEnd()) != nil
        }
        guard isNumber, let value = Double(text), value.isFinite, value != 0 else { return }
        raw(name, text)
    }

    /// Adds a number with exactly `digits` decimal places.
    mutating func decimal(_ name: String, _ mantissa: Int64?, _ digits: UInt8) {
        raw(name, mantissa.map { FixedDecimal(mantissa: $0, digits: digits).description })
    }
}

/// Text under construction in a buffer that is large enough.
struct TickText {
    private let base: UnsafeMutablePointer<UInt8>
    private let names: UnsafeRawBufferPointer
    private(set) var count = 0

    init(base: UnsafeMutablePointer<UInt8>, names: UnsafeRawBufferPointer) {
        self.base = base
        self.names = names
    }

    @inline(__always)
    mutating func add(_ text: StaticString) {
        (base + count).update(from: text.utf8Start, count: text.utf8CodeUnitCount)
        count += text.utf8CodeUnitCount
    }

    @inline(__always)
    mutating func addNames() {
        guard let source = names.baseAddress else { return }
        UnsafeMutableRawPointer(base + count).copyMemory(from: source, byteCount: names.count)
        count += names.count
    }

    @inline(__always)
    mutating func add(_ name: StaticString, _ value: Int64) {
        add(name)
        add(value)
    }

    @inline(__always)
    mutating func add(_ name: StaticString, _ mantissa: Int64, digits: UInt8) {
        add(name)
        add(mantissa, digits: Int(min(digits, FixedDecimal.digitsMax)))
    }

    mutating func add(_ value: Int64) { add(value, digits: 0) }

    /// Writes digits from the last to the first.
    @inline(__always)
    private mutating func add(_ mantissa: Int64, digits: Int) {
        var magnitude = mantissa.magnitude
        if mantissa < 0 {
            base[count] = UInt8(ascii: "-")
            count += 1
        }
        let length = max(Self.digitCount(magnitude), digits + 1) + (digits > 0 ? 1 : 0)
        var position = count + length - 1
        if digits > 0 {
            for _ in 0..<digits {
                let (quotient, digit) = magnitude.quotientAndRemainder(dividingBy: 10)
                base[position] = UInt8(truncatingIfNeeded: digit) &+ 0x30
                magnitude = quotient
                position -= 1
            }
            base[position] = UInt8(ascii: ".")
            position -= 1
        }
        while position >= count {
            let (quotient, digit) = magnitude.quotientAndRemainder(dividingBy: 10)
            base[position] = UInt8(truncatingIfNeeded: digit) &+ 0x30
            magnitude = quotient
            position -= 1
        }
        count += length
    }

    @inline(__always)
    private static func digitCount(_ value: UInt64) -> Int {
        // 1233 / 4096 is just over log10(2).
        let guess = ((64 - value.leadingZeroBitCount) * 1233) >> 12
        return guess + (value >= powersOfTen[min(guess, 19)] ? 1 : 0) + (value == 0 ? 1 : 0)
    }

    private static let powersOfTen: [UInt64] = (0..<20).map { exponent in
        (0..<exponent).reduce(UInt64(1)) { product, _ in product * 10 }
    }
}
