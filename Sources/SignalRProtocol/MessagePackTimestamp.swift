import TextEncoding

/// Writes extension types as text; MessagePack itself defines one, the timestamp (spec.md, "Timestamp extension type").
enum MessagePackTimestamp {
    private static let type: Int8 = -1
    /// Seconds from 1970 to 0001-01-01 and to 10000-01-01: the years of ISO 8601 and .NET.
    private static let seconds = -62_135_596_800..<253_402_300_800 as Range<Int64>

    /// Appends a timestamp as `"2026-01-05T10:00:00.5Z"`, with as many fractional digits as needed.
    ///
    /// Any other extension, or an invalid timestamp, becomes `{"ext":5,"data":"base64"}`.
    static func appendExtension(_ type: Int8, _ bytes: UnsafeRawBufferPointer, to output: inout [UInt8]) {
        if type == self.type, let time = time(in: bytes), seconds.contains(time.seconds),
            time.nanoseconds < 1_000_000_000
        {
            append(time.seconds, nanoseconds: time.nanoseconds, to: &output)
            return
        }
        output.append(contentsOf: #"{"ext":\#(type),"data":"#.utf8)
        Base64.appendQuoted(bytes, to: &output)
        output.append(UInt8(ascii: "}"))
    }

    /// Reads the three layouts: 32 bits of seconds; 30 bits of nanoseconds and 34 of seconds; 32 and 64 bits.
    private static func time(in bytes: UnsafeRawBufferPointer) -> (seconds: Int64, nanoseconds: UInt32)? {
        func load<Number: FixedWidthInteger>(_ offset: Int, _: Number.Type) -> Number {
            Number(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Number.self))
        }
        switch bytes.count {
        case 4: return (Int64(load(0, UInt32.self)), 0)
        case 8:
            let word = load(0, UInt64.self)
            return (Int64(word & 0x3_ffff_ffff), UInt32(word >> 34))
        case 12: return (load(4, Int64.self), load(0, UInt32.self))
        default: return nil
        }
    }

    private static func append(_ seconds: Int64, nanoseconds: UInt32, to output: inout [UInt8]) {
        let second = Int(seconds - Self.seconds.lowerBound)
        let (year, month, day) = date(daysSinceYear1: second / 86_400)
        let time = second % 86_400
        output.append(UInt8(ascii: "\""))
        append(year, digits: 4, to: &output)
        for (mark, number) in [("-", month), ("-", day), ("T", time / 3600), (":", time / 60 % 60), (":", time % 60)] {
            output.append(contentsOf: mark.utf8)
            append(number, digits: 2, to: &output)
        }
        if nanoseconds > 0 {
            output.append(UInt8(ascii: "."))
            append(Int(nanoseconds), digits: 9, to: &output)
            while output.last == UInt8(ascii: "0") { output.removeLast() }
        }
        output.append(contentsOf: #"Z""#.utf8)
    }

    private static func append(_ number: Int, digits: Int, to output: inout [UInt8]) {
        let start = output.count
        var rest = number
        for _ in 0..<digits {
            output.append(UInt8(ascii: "0") + UInt8(rest % 10))
            rest /= 10
        }
        output[start...].reverse()
    }

    /// The Gregorian date `days` days after 0001-01-01; `days` must not be negative.
    private static func date(daysSinceYear1 days: Int) -> (year: Int, month: Int, day: Int) {
        // Years that begin in March have the leap day at their end; 0000-03-01 is 306 days earlier.
        let shifted = days + 306
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (era * 400 + yearOfEra + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }
}
