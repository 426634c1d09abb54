import MarketModel

/// Reads the records of a segment left behind by a process, in the order they were written.
///
/// It stops at the first position without a complete record of this use of the segment, and reports what is there.
/// Arbitrary bytes never trap.
package struct JournalSegmentReader {
    /// Why there are no more records.
    package enum Ending: Hashable, Sendable {
        /// The writer stopped here, or the segment is full.
        case end
        /// The record at `offset` is incomplete; the `bytes` from there to the end of the segment are skipped.
        case torn(offset: Int, bytes: Int, reason: String)
    }

    package let header: JournalSegmentHeader
    private let segment: UnsafeRawBufferPointer
    private var position = JournalSegmentHeader.byteCount
    /// `nil` while there may be more records.
    package private(set) var ending: Ending?

    /// Reads the segment in `bytes`, which must stay valid; `nil` if they do not begin with a complete header.
    package init?(_ bytes: UnsafeRawBufferPointer) {
        guard let header = JournalSegmentHeader(bytes) else { return nil }
        self.header = header
        segment = bytes
    }

    /// Returns the next record, or `nil` once ``ending`` is known.
    package mutating func next() -> JournalRecord? {
        guard ending == nil else { return nil }
        guard segment.count - position >= 4 else { return end(.end) }
        let length = segment.integer(at: position, as: UInt32.self)
        guard length != 0 else { return end(.end) }
        guard let length = Int(exactly: length), length >= JournalLayout.headerBytes,
            length <= segment.count - position
        else { return torn("its length is \(length)") }
        let record = UnsafeRawBufferPointer(rebasing: segment[position..<position + length])
        let epoch = record.integer(at: 8, as: UInt32.self)
        guard epoch == header.epoch else { return torn("its epoch is \(epoch), not \(header.epoch)") }
        let expected = record.integer(at: 4, as: UInt32.self)
        let actual = CRC32C.checksum(UnsafeRawBufferPointer(rebasing: record[8...]))
        guard actual == expected else {
            return torn("its checksum is \(String(actual, radix: 16)), not \(String(expected, radix: 16))")
        }
        guard let kind = JournalRecordKind(rawValue: record[12]) else { return torn("its kind is \(record[12])") }
        position = min(segment.count, position + JournalLayout.aligned(length))
        return JournalRecord(record, kind: kind)
    }

    private mutating func end(_ ending: Ending) -> JournalRecord? {
        self.ending = ending
        return nil
    }

    private mutating func torn(_ reason: String) -> JournalRecord? {
        end(.torn(offset: position, bytes: segment.count - position, reason: reason))
    }
}

extension JournalRecord {
    /// Makes a record whose length, epoch and checksum have been checked.
    fileprivate init(_ record: UnsafeRawBufferPointer, kind: JournalRecordKind) {
        self.init(
            kind: kind,
            connectionKey: record.integer(at: 16, as: UInt64.self),
            sequence: record.integer(at: 24, as: UInt64.self),
            tsRecv: UnixNanoseconds(record.integer(at: 32, as: Int64.self)),
            direction: record[13] & JournalLayout.sentFlag == 0 ? .received : .sent,
            messageKind: record[13] & JournalLayout.binaryFlag == 0 ? .text : .binary,
            isRedacted: record[13] & JournalLayout.redactedFlag != 0,
            payload: UnsafeRawBufferPointer(rebasing: record[JournalLayout.headerBytes...])
        )
    }
}
