package import MarketModel

/// One parsed line of a message file; the slices refer to the line.
package enum MessageLine {
    case message(
        tsRecv: UnixNanoseconds,
        direction: MessageDirection,
        payload: UnsafeRawBufferPointer
    )
    /// `literal` is the inside of a Python bytes literal, to be decoded by ``PythonBytesLiteral``.
    case binaryMessage(
        tsRecv: UnixNanoseconds,
        direction: MessageDirection,
        literal: UnsafeRawBufferPointer
    )
    case connectionOpened(url: UnsafeRawBufferPointer, ts: UnixNanoseconds)
    /// The answer to an HTTP request; `body` is as in ``binaryMessage(tsRecv:direction:literal:)`` if `isLiteral`.
    case restAnswer(
        url: UnsafeRawBufferPointer,
        tsRecv: UnixNanoseconds,
        body: UnsafeRawBufferPointer,
        isLiteral: Bool
    )
}

/// Why a line does not match its format.
package struct MessageLineError: Error {
    /// A clause such as `expected a tab after the time`.
    package let reason: String
    /// The evident unit of the receive time, if it differs from the expected one.
    package var evidentUnit: UnixTimeUnit?

    package init(reason: String, evidentUnit: UnixTimeUnit? = nil) {
        self.reason = reason
        self.evidentUnit = evidentUnit
    }
}

/// Parses a line piece by piece from the front.
struct MessageLineScanner {
    let line: UnsafeRawBufferPointer
    var position = 0

    init(_ line: UnsafeRawBufferPointer) {
        self.line = line
    }

    var isAtEnd: Bool { position == line.count }
    var rest: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: line[position...]) }

    mutating func skip(_ word: StaticString) -> Bool {
        let count = word.utf8CodeUnitCount
        guard line.count - position >= count else { return false }
        for index in 0..<count where line[position + index] != word.utf8Start[index] { return false }
        position += count
        return true
    }

    /// Takes the bytes up to the next space, at least one.
    mutating func word() -> UnsafeRawBufferPointer? {
        let start = position
        while position < line.count, line[position] != 0x20 { position += 1 }
        return position > start ? UnsafeRawBufferPointer(rebasing: line[start..<position]) : nil
    }

    /// Parses an integer of at most 64 bits.
    mutating func integer() -> Int64? {
        let start = position
        var value: Int64 = 0
        while position < line.count, case let digit = line[position] &- 0x30, digit <= 9 {
            let (scaled, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = scaled.addingReportingOverflow(Int64(digit))
            guard !overflow, !carry else { return nil }
            value = sum
            position += 1
        }
        return position > start ? value : nil
    }

    /// Parses a receive time; `unit` is that of the format.
    mutating func receiveTime(
        _ times: ReceiveTimes,
        unit standard: UnixTimeUnit
    ) throws(MessageLineError) -> UnixNanoseconds {
        let unit = times.unit(standard: standard)
        guard let (time, count) = time(in: unit) else {
            throw MessageLineError(reason: "expected a receive time in \(unit.name)")
        }
        return try times.checked(time, count: count, unit: unit)
    }

    /// Parses a decimal number of `unit` as a time; digits after the nanosecond are dropped.
    ///
    /// Also returns the integer part. `nil` if there is no number, or if its integer part does not fit into 64 bits.
    mutating func time(in unit: UnixTimeUnit) -> (time: UnixNanoseconds?, count: Int64)? {
        guard let count = integer() else { return nil }
        var fraction: Int64 = 0
        if skip(".") {
            let start = position
            var weight = unit.nanoseconds / 10
            while position < line.count, case let digit = line[position] &- 0x30, digit <= 9 {
                fraction += Int64(digit) * weight
                weight /= 10
                position += 1
            }
            guard position > start else { return nil }
        }
        guard let whole = unit.time(count) else { return (nil, count) }
        let (sum, overflow) = whole.rawValue.addingReportingOverflow(fraction)
        return (overflow ? nil : UnixNanoseconds(sum), count)
    }
}
