import MarketModel

/// What one line of a message file says; the slices lie in the line.
enum MessageLine {
    case message(
        tsRecv: UnixNanoseconds,
        direction: MessageDirection,
        payload: UnsafeRawBufferPointer
    )
    /// `payload` is the inside of a Python bytes literal, to be decoded by ``PythonBytesLiteral``.
    case binaryMessage(
        tsRecv: UnixNanoseconds,
        direction: MessageDirection,
        literal: UnsafeRawBufferPointer
    )
    case connectionOpened(url: UnsafeRawBufferPointer, ts: UnixNanoseconds)
    /// The answer to an HTTP request, which is no message of a WebSocket.
    case restAnswer
}

/// Why a line is none of its format.
struct MessageLineError: Error {
    let reason: StaticString
}

/// Reads the front of a line piece by piece.
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

    /// Reads up to the next space, at least one byte.
    mutating func word() -> UnsafeRawBufferPointer? {
        let start = position
        while position < line.count, line[position] != 0x20 { position += 1 }
        return position > start ? UnsafeRawBufferPointer(rebasing: line[start..<position]) : nil
    }

    /// Reads a whole number of at most 64 bits.
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

    /// Reads decimal seconds as nanoseconds; digits behind the ninth are dropped.
    mutating func decimalSeconds() -> UnixNanoseconds? {
        guard let seconds = integer() else { return nil }
        var nanoseconds: Int64 = 0
        var weight: Int64 = 100_000_000
        if skip(".") {
            let start = position
            while position < line.count, case let digit = line[position] &- 0x30, digit <= 9 {
                nanoseconds += Int64(digit) * weight
                weight /= 10
                position += 1
            }
            guard position > start else { return nil }
        }
        let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, carry) = scaled.addingReportingOverflow(nanoseconds)
        return overflow || carry ? nil : UnixNanoseconds(sum)
    }
}
