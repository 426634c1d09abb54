extension UnixNanoseconds: CustomStringConvertible {
    /// ISO 8601 in UTC with nine fractional digits: `2026-01-05T09:30:00.123456789Z`.
    package var iso8601: String {
        let secondsFloor = rawValue.floorDivided(by: 1_000_000_000)
        // At the start of the range the whole seconds in nanoseconds do not fit into 64 bits.
        let nanoseconds = rawValue &- secondsFloor &* 1_000_000_000
        let days = secondsFloor.floorDivided(by: 86_400)
        let secondOfDay = secondsFloor - days * 86_400
        let date = CivilDate(daysSinceEpoch: days)
        var text: [UInt8] = []
        text.reserveCapacity(30)
        text.append(paddedTo: 4, date.year)
        text.append(UInt8(ascii: "-"))
        text.append(paddedTo: 2, date.month)
        text.append(UInt8(ascii: "-"))
        text.append(paddedTo: 2, date.day)
        text.append(UInt8(ascii: "T"))
        text.append(paddedTo: 2, secondOfDay / 3600)
        text.append(UInt8(ascii: ":"))
        text.append(paddedTo: 2, secondOfDay / 60 % 60)
        text.append(UInt8(ascii: ":"))
        text.append(paddedTo: 2, secondOfDay % 60)
        text.append(UInt8(ascii: "."))
        text.append(paddedTo: 9, nanoseconds)
        text.append(UInt8(ascii: "Z"))
        return String(decoding: text, as: UTF8.self)
    }

    /// The UTC day, `2026-01-05`, which names the file for a recording of this moment.
    package var utcDay: String { String(iso8601.prefix(10)) }

    package var description: String { iso8601 }

    /// Parses ISO 8601: `YYYY-MM-DD[(T| )HH:MM[:SS[.fraction]][Z|±HH:MM]]`; without an offset the time is UTC.
    ///
    /// Fractional digits after the ninth must be zero. Other texts, and dates that do not exist, give `nil`.
    package init?(iso8601 text: some StringProtocol) {
        var copy = String(text)
        let parsed = copy.withUTF8 { UnixNanoseconds(iso8601: UnsafeRawBufferPointer($0)) }
        guard let parsed else { return nil }
        self = parsed
    }

    /// Parses ISO 8601 from bytes; see ``init(iso8601:)-swift.init``.
    package init?(iso8601 bytes: UnsafeRawBufferPointer) {
        if let usual = UsualISO8601(bytes)?.nanoseconds {
            rawValue = usual
            return
        }
        var reader = DigitReader(bytes: bytes)
        guard let year = reader.digits(4), reader.skip("-"), let month = reader.digits(2), reader.skip("-"),
            let day = reader.digits(2), let date = CivilDate(year: year, month: month, day: day)
        else { return nil }
        var seconds = date.daysSinceEpoch * 86_400
        var nanoseconds: Int64 = 0
        if !reader.isAtEnd {
            guard reader.skip("T") || reader.skip("t") || reader.skip(" "), let hour = reader.digits(2), hour < 24,
                reader.skip(":"), let minute = reader.digits(2), minute < 60
            else { return nil }
            seconds += hour * 3600 + minute * 60
            if reader.skip(":") {
                guard let second = reader.digits(2), second < 60 else { return nil }
                seconds += second
                if reader.skip(".") {
                    guard let fraction = reader.fraction() else { return nil }
                    nanoseconds = fraction
                }
            }
            guard let offset = reader.offsetSeconds() else { return nil }
            seconds -= offset
        }
        guard reader.isAtEnd else { return nil }
        guard let rawValue = Int64(exactly: Int128(seconds) * 1_000_000_000 + Int128(nanoseconds)) else { return nil }
        self.rawValue = rawValue
    }
}

/// The form that venues write: `YYYY-MM-DDTHH:MM:SS[.fraction]Z`, with at most nine fractional digits.
///
/// `nil` for all other forms, and for times that do not exist or do not fit.
private struct UsualISO8601 {
    let nanoseconds: Int64

    init?(_ bytes: UnsafeRawBufferPointer) {
        let last = bytes.count - 1
        guard (19...29).contains(last), let text = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) else {
            return nil
        }
        let marks =
            (text[4] ^ UInt8(ascii: "-")) | (text[7] ^ UInt8(ascii: "-")) | (text[10] ^ UInt8(ascii: "T"))
            | (text[13] ^ UInt8(ascii: ":")) | (text[16] ^ UInt8(ascii: ":")) | (text[last] ^ UInt8(ascii: "Z"))
        var digits = CheckedDigits(text: text)
        let year = digits.pair(0) &* 100 &+ digits.pair(2)
        let (month, day) = (digits.pair(5), digits.pair(8))
        let (hour, minute, second) = (digits.pair(11), digits.pair(14), digits.pair(17))
        guard marks == 0, digits.areValid, hour < 24, minute < 60, second < 60,
            let date = CivilDate(year: year, month: month, day: day)
        else { return nil }
        var fraction: Int64 = 0
        if last > 19 {
            guard last > 20, text[19] == UInt8(ascii: ".") else { return nil }
            fraction = digits.run(20..<last) &* FixedDecimal.powersOfTen[29 &- last]
            guard digits.areValid else { return nil }
        }
        // The years 0 to 9999 in seconds need 39 bits.
        let seconds = date.daysSinceEpoch &* 86_400 &+ hour &* 3600 &+ minute &* 60 &+ second
        let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, carry) = scaled.addingReportingOverflow(fraction)
        guard !overflow, !carry else { return nil }
        nanoseconds = sum
    }
}

/// Reads digits and checks them all at once at the end.
private struct CheckedDigits {
    let text: UnsafePointer<UInt8>
    private var wrong: UInt8 = 0

    init(text: UnsafePointer<UInt8>) {
        self.text = text
    }

    /// True if all bytes read so far were digits.
    var areValid: Bool { wrong & 0x80 == 0 }

    mutating func pair(_ offset: Int) -> Int64 { digit(offset) &* 10 &+ digit(offset &+ 1) }

    mutating func run(_ range: Range<Int>) -> Int64 {
        var value: Int64 = 0
        for offset in range { value = value &* 10 &+ digit(offset) }
        return value
    }

    /// The highest bit of `wrong` is set by values of 10 and more.
    @inline(__always)
    private mutating func digit(_ offset: Int) -> Int64 {
        let value = text[offset] &- 0x30
        wrong |= value | ((value & 0x7F) &+ 0x76)
        return Int64(value)
    }
}

/// A day of the proleptic Gregorian calendar.
private struct CivilDate {
    let year: Int64
    let month: Int64
    let day: Int64

    /// Counts in eras of 400 years that begin on 1 March, so that the leap day comes last.
    init(daysSinceEpoch: Int64) {
        let shifted = daysSinceEpoch + 719_468
        let era = shifted.floorDivided(by: 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    init?(year: Int64, month: Int64, day: Int64) {
        guard (1...12).contains(month), day >= 1 else { return nil }
        let isLeapYear = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let dayMax: Int64 = month == 2 ? (isLeapYear ? 29 : 28) : 30 + ((month + (month >> 3)) & 1)
        guard day <= dayMax else { return nil }
        self.year = year
        self.month = month
        self.day = day
    }

    var daysSinceEpoch: Int64 {
        let yearFromMarch = month <= 2 ? year - 1 : year
        let era = yearFromMarch.floorDivided(by: 400)
        let yearOfEra = yearFromMarch - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }
}

/// Parses fixed-width numbers from the front of a text.
private struct DigitReader {
    let bytes: UnsafeRawBufferPointer
    var position = 0

    init(bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    var isAtEnd: Bool { position == bytes.count }

    mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    mutating func digits(_ count: Int) -> Int64? {
        guard position + count <= bytes.count else { return nil }
        var value: Int64 = 0
        for index in position..<position + count {
            let digit = bytes[index] &- 0x30
            guard digit <= 9 else { return nil }
            value = value * 10 + Int64(digit)
        }
        position += count
        return value
    }

    /// The digits after the point as nanoseconds.
    mutating func fraction() -> Int64? {
        var value: Int64 = 0
        var count = 0
        while position < bytes.count, case let digit = bytes[position] &- 0x30, digit <= 9 {
            if count < 9 { value = value * 10 + Int64(digit) } else if digit != 0 { return nil }
            count += 1
            position += 1
        }
        guard count > 0 else { return nil }
        while count < 9 {
            value *= 10
            count += 1
        }
        return value
    }

    /// `Z`, `±HH:MM` or nothing, as seconds east of UTC.
    mutating func offsetSeconds() -> Int64? {
        if isAtEnd || skip("Z") || skip("z") { return 0 }
        let sign: Int64
        if skip("+") { sign = 1 } else if skip("-") { sign = -1 } else { return nil }
        guard let hour = digits(2), hour < 24 else { return nil }
        _ = skip(":")
        guard let minute = digits(2), minute < 60 else { return nil }
        return sign * (hour * 3600 + minute * 60)
    }
}

extension Int64 {
    fileprivate func floorDivided(by divisor: Int64) -> Int64 {
        let quotient = self / divisor
        return self % divisor < 0 ? quotient - 1 : quotient
    }
}

extension [UInt8] {
    fileprivate mutating func append(paddedTo width: Int, _ value: Int64) {
        let text = String(value)
        for _ in 0..<Swift.max(0, width - text.utf8.count) { append(UInt8(ascii: "0")) }
        append(contentsOf: text.utf8)
    }
}
