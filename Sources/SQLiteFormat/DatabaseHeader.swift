/// The first 100 bytes of a database (SQLite "Database File Format" §1.3).
package struct DatabaseHeader: Hashable, Sendable {
    package static let bytes = 100

    /// Page size in bytes: a power of two from 512 to 65,536.
    package var pageBytes: Int
    /// Bytes of a page that SQLite uses; the rest is reserved for extensions.
    package var usableBytes: Int
    /// Size of the database in pages, from the header; 0 if it does not say.
    package var pageCount: UInt32
    /// The first trunk page of the free list; 0 if there is none.
    package var freeListTrunk: UInt32
    package var userVersion: Int32
    package var applicationID: Int32
    /// True if the database is in WAL mode.
    package var isInLogMode = false

    /// The values of a recording, used if its header cannot be read.
    package static let usual = DatabaseHeader(
        pageBytes: 4096,
        usableBytes: 4096,
        pageCount: 0,
        freeListTrunk: 0,
        userVersion: 0,
        applicationID: 0
    )

    package init(
        pageBytes: Int,
        usableBytes: Int,
        pageCount: UInt32,
        freeListTrunk: UInt32,
        userVersion: Int32,
        applicationID: Int32
    ) {
        self.pageBytes = pageBytes
        self.usableBytes = usableBytes
        self.pageCount = pageCount
        self.freeListTrunk = freeListTrunk
        self.userVersion = userVersion
        self.applicationID = applicationID
    }

    /// Parses the header; `nil` if its magic or its page size is damaged.
    package init?(_ page: [UInt8]) {
        guard page.count >= Self.bytes, page.starts(with: Array("SQLite format 3\0".utf8)) else { return nil }
        let fields: DatabaseHeader? = page.withUnsafeBytes { bytes in
            let stored = bytes.bigEndian16(at: 16)
            let pageBytes = stored == 1 ? 65_536 : stored
            let usableBytes = pageBytes - Int(bytes[20])
            guard pageBytes >= 512, pageBytes & (pageBytes - 1) == 0, usableBytes >= 480 else { return nil }
            return DatabaseHeader(
                pageBytes: pageBytes,
                usableBytes: usableBytes,
                pageCount: bytes.bigEndian32(at: 28),
                freeListTrunk: bytes.bigEndian32(at: 32),
                userVersion: Int32(bitPattern: bytes.bigEndian32(at: 60)),
                applicationID: Int32(bitPattern: bytes.bigEndian32(at: 68))
            )
        }
        guard let fields else { return nil }
        self = fields
        isInLogMode = page[18] == 2
    }
}
