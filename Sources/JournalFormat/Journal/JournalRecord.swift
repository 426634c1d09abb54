package import MarketModel

/// The layout of a journal record: 40 bytes, then the payload, then up to 7 bytes of padding.
///
///     0   length u32 of the record without padding; written last; 0 after the last record
///     4   CRC-32C u32 of bytes 8 to the end of the payload
///     8   epoch u32               12  kind u8, flags u8, reserved u16
///     16  connection key u64      24  sequence u64          32  time i64
enum JournalLayout {
    static let headerBytes = 40
    static let alignment = 8
    static let sentFlag: UInt8 = 1
    static let binaryFlag: UInt8 = 2
    static let redactedFlag: UInt8 = 4

    @inline(__always)
    static func aligned(_ count: Int) -> Int { (count + alignment - 1) & ~(alignment - 1) }
}

/// The kinds of journal record.
package enum JournalRecordKind: UInt8, Sendable, Hashable {
    /// A connection was opened; the payload is a ``JournalConnection``.
    case connectionOpened = 1
    case message = 2
    /// Other information about the connection, as text; readers that do not know it skip it.
    case mark = 3
}

/// One record of the journal; the payload is a view of the segment.
package struct JournalRecord {
    package let kind: JournalRecordKind
    /// Identifies the connection across all files and runs.
    package let connectionKey: UInt64
    /// Counts the messages of the connection and direction from 1; 0 for other records.
    package let sequence: UInt64
    package let tsRecv: UnixNanoseconds
    package let direction: MessageDirection
    package let messageKind: MessageKind
    /// True if the payload was changed because the original must not be stored.
    package let isRedacted: Bool
    /// Valid as long as the memory of the segment.
    package let payload: UnsafeRawBufferPointer
}
