import JSONScanning
import MarketModel

/// Reads messages that are written byte for byte as Binance writes them, in one pass.
///
/// Every method returns `nil` or false at the first unexpected byte. The message is then read by ``BinanceEnvelope``,
/// which accepts any JSON and gives the same result.
struct BinanceShapeReader {
    private let bytes: UnsafeRawBufferPointer
    private var position = 0
    private var isCombined = false

    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    /// Reads up to the first key of the payload and returns its kind; `nil` if the shape is not the usual one.
    mutating func readKind() -> BinanceStreamKind? {
        if skip("{\"stream\":\"") {
            guard let name = readStringContent() else { return nil }
            let kind = BinanceStreamKind(streamName: name)
            if case .other = kind { return kind }
            isCombined = true
            return skip(",\"data\":{") ? kind : nil
        }
        if skip("{\"u\":") {
            position = 1
            return .bookTicker
        }
        guard skip("{\"e\":\""), let name = readStringContent() else { return nil }
        position = 1
        return BinanceStreamKind(eventName: name)
    }

    /// Reads `{"stream":"…","data":` and returns the stream name.
    mutating func readStreamName() -> UnsafeRawBufferPointer? {
        guard skip("{\"stream\":\""), let name = readStringContent(), skip(",\"data\":") else { return nil }
        return name
    }

    /// Returns the exact bytes of the data after ``readStreamName()``; `nil` if anything but a final `}` follows.
    mutating func readData() -> UnsafeRawBufferPointer? {
        let start = position
        var cursor = JSONCursor(UnsafeRawBufferPointer(rebasing: bytes[start...]))
        guard (try? cursor.skipValue()) != nil, start + cursor.position == bytes.count - 1, bytes.last == 0x7D else {
            return nil
        }
        return UnsafeRawBufferPointer(rebasing: bytes[start..<start + cursor.position])
    }

    /// Reads `"u":1,"s":"BTCUSDT","b":"1.0","B":"1.0","a":"1.0","A":"1.0"}` to the end of the message.
    mutating func readBookTicker() -> BinanceBookTicker? {
        guard skip("\"u\":"), let updateID = readInteger(), skip(",\"s\":\""), let symbol = readStringContent(),
            skip(",\"b\":\""), let bidPrice = readDecimal(), skip(",\"B\":\""), let bidSize = readDecimal(),
            skip(",\"a\":\""), let askPrice = readDecimal(), skip(",\"A\":\""), let askSize = readDecimal(),
            skipEnd(), !symbol.isEmpty
        else { return nil }
        return BinanceBookTicker(
            symbol: symbol,
            updateID: updateID,
            bidPrice: bidPrice,
            bidSize: bidSize,
            askPrice: askPrice,
            askSize: askSize
        )
    }

    /// Reads the payload of a `trade`, or of an `aggTrade` if `isAggregate`, to the end of the message.
    mutating func readTrade(isAggregate: Bool) -> BinanceTradeReport? {
        guard skip("\"e\":\""), isAggregate ? skip("aggTrade\",\"E\":") : skip("trade\",\"E\":"), readInteger() != nil,
            skip(",\"s\":\""), let symbol = readStringContent(), isAggregate ? skip(",\"a\":") : skip(",\"t\":"),
            let tradeID = readInteger(), skip(",\"p\":\""), let price = readDecimal(), skip(",\"q\":\""),
            let size = readDecimal()
        else { return nil }
        var executions: (first: Int64, last: Int64)?
        if isAggregate {
            guard skip(",\"f\":"), let first = readInteger(), skip(",\"l\":"), let last = readInteger() else {
                return nil
            }
            executions = (first, last)
        }
        guard skip(",\"T\":"), let time = readInteger(), skip(",\"m\":"), let isBuyerMaker = readBoolean(),
            skip(",\"M\":"), readBoolean() != nil, skipEnd(), !symbol.isEmpty
        else { return nil }
        var report = BinanceTradeReport(symbol: symbol, price: price, size: size)
        report.tradeID = tradeID
        report.executions = executions
        report.time = time
        report.isBuyerMaker = isBuyerMaker
        return report
    }

    // MARK: Parts

    @inline(__always)
    private mutating func skip(_ word: StaticString) -> Bool {
        let count = word.utf8CodeUnitCount
        guard bytes.count - position >= count else { return false }
        for index in 0..<count where bytes[position + index] != word.utf8Start[index] { return false }
        position += count
        return true
    }

    private mutating func skipEnd() -> Bool {
        guard bytes.count - position == (isCombined ? 2 : 1) else { return false }
        return isCombined ? skip("}}") : skip("}")
    }

    /// Reads to the closing quote and past it; `nil` if there are escapes or control characters.
    @inline(__always)
    private mutating func readStringContent() -> UnsafeRawBufferPointer? {
        let start = position
        while position < bytes.count {
            let byte = bytes[position]
            if byte == UInt8(ascii: "\"") {
                position += 1
                return UnsafeRawBufferPointer(rebasing: bytes[start..<position - 1])
            }
            guard byte >= 0x20, byte != UInt8(ascii: "\\") else { return nil }
            position += 1
        }
        return nil
    }

    /// Reads a whole number of at most 18 digits, which cannot overflow.
    @inline(__always)
    private mutating func readInteger() -> Int64? {
        let start = position
        var value: Int64 = 0
        while position < bytes.count, case let digit = bytes[position] &- 0x30, digit <= 9 {
            value = value &* 10 &+ Int64(digit)
            position += 1
        }
        let count = position - start
        guard count > 0, count <= 18, count == 1 || bytes[start] != 0x30 else { return nil }
        return value
    }

    @inline(__always)
    private mutating func readBoolean() -> Bool? {
        if skip("true") { return true }
        return skip("false") ? false : nil
    }

    /// Reads `digits.digits`, with eight decimal places, and the closing quote.
    @inline(__always)
    private mutating func readDecimal() -> FixedDecimal? {
        var magnitude: UInt64 = 0
        let start = position
        while position < bytes.count, case let digit = bytes[position] &- 0x30, digit <= 9 {
            magnitude = magnitude &* 10 &+ UInt64(digit)
            position += 1
        }
        // Ten digits plus eight decimal places are at most 18 digits, which always fit.
        guard position > start, position - start <= 10 else { return nil }
        // Binance writes eight decimal places, which are read in one step.
        guard bytes.count - position > 9, bytes[position] == UInt8(ascii: "."),
            let fraction = eightDigits(at: position + 1), bytes[position + 9] == UInt8(ascii: "\"")
        else { return nil }
        position += 10
        return FixedDecimal(mantissa: Int64(magnitude &* 100_000_000 &+ fraction), digits: 8)
    }

    /// The value of the eight ASCII digits at `offset`; `nil` if a byte is not a digit.
    ///
    /// They must lie within the message.
    ///
    /// Neighbouring digits are combined into pairs, pairs into fours, and fours into the result, all within one word.
    @inline(__always)
    private func eightDigits(at offset: Int) -> UInt64? {
        var word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
        word ^= 0x3030_3030_3030_3030
        guard ((word &+ 0x0606_0606_0606_0606) | word) & 0xF0F0_F0F0_F0F0_F0F0 == 0 else { return nil }
        word = word &* 10 &+ (word >> 8)
        let high = (word & 0x0000_00FF_0000_00FF) &* 0x000F_4240_0000_0064
        let low = ((word >> 16) & 0x0000_00FF_0000_00FF) &* 0x0000_2710_0000_0001
        return (high &+ low) >> 32
    }
}

/// The payload of a `bookTicker`.
struct BinanceBookTicker {
    var symbol: UnsafeRawBufferPointer
    var updateID: Int64?
    /// `nil` if the side is missing or null.
    var bidPrice: FixedDecimal?
    var bidSize: FixedDecimal?
    var askPrice: FixedDecimal?
    var askSize: FixedDecimal?
    /// The time in the unit of the connection; spot sends none.
    var time: Int64?
}

/// The payload of a `trade` or an `aggTrade`.
struct BinanceTradeReport {
    var symbol: UnsafeRawBufferPointer
    /// `t` of a trade, `a` of an aggregate.
    var tradeID: Int64?
    /// `f` and `l` of an aggregate.
    var executions: (first: Int64, last: Int64)?
    /// `X` of a futures trade if it is not `MARKET`: for example an insurance fund entry or an auto-deleveraging.
    var administrativeKind: String?
    var price: FixedDecimal
    var size: FixedDecimal
    /// The time in the unit of the connection.
    var time: Int64?
    /// True if the buyer was the maker, so the taker sold.
    var isBuyerMaker: Bool?

    init(symbol: UnsafeRawBufferPointer, price: FixedDecimal, size: FixedDecimal) {
        self.symbol = symbol
        self.price = price
        self.size = size
    }
}
