package import MarketModel

/// Where the parts of a journal record lie: 40 bytes, then the payload, then up to 7 bytes that mean nothing.
///
///     0   length u32 of the record without those bytes; written last, 0 behind the last record
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

/// What a journal record is.
package enum JournalRecordKind: UInt8, Sendable, Hashable {
    /// A connection was begun; the payload is a ``JournalConnection``.
    case connectionOpened = 1
    case message = 2
    /// Something else about the connection, as text; readers that do not know it pass it over.
    case mark = 3
}

/// One record of the journal; the payload is a view of the segment.
package struct JournalRecord {
    package let kind: JournalRecordKind
    /// Which connection, over all files and runs.
    package let connectionKey: UInt64
    /// Counts the messages of the connection and direction from 1; 0 for other records.
    package let sequence: UInt64
    package let tsRecv: UnixNanoseconds
    package let direction: MessageDirection
    package let messageKind: MessageKind
    /// True where the payload is not what came, because that must not be stored.
    package let isRedacted: Bool
    /// Valid as long as the memory of the segment.
    package let payload: UnsafeRawBufferPointer
}

/// What a connection record says: where the messages of the connection belong.
package struct JournalConnection: Hashable, Sendable {
    /// The name of the recording, without its directory.
    package var file: String
    package var feedID: Int64
    /// The venue's name, as in `feed`.
    package var venue: String
    /// The lengths of its bars, with commas between them.
    package var bars: String

    package init(file: String, feedID: Int64, venue: String, bars: String) {
        self.file = file
        self.feedID = feedID
        self.venue = venue
        self.bars = bars
    }

    /// `<feed id> NUL <venue> NUL <bars> NUL <file>`.
    package var payload: [UInt8] { Array("\(feedID)\0\(venue)\0\(bars)\0\(file)".utf8) }

    /// Reads ``payload``; `nil` where it is something else.
    package init?(_ payload: UnsafeRawBufferPointer) {
        let fields = payload.split(separator: 0, maxSplits: 3, omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
        guard fields.count == 4, let feedID = Int64(fields[0]), !fields[3].isEmpty else { return nil }
        self.init(file: fields[3], feedID: feedID, venue: fields[1], bars: fields[2])
    }
}
