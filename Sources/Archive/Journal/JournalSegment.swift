import JournalFormat

/// A segment file in memory, ready for records: allocated, mapped and faulted in, under the name of its number.
///
/// `@unchecked Sendable`: it is made by one thread and handed over; afterwards the lock of the ``Journal`` protects it.
final class JournalSegment: @unchecked Sendable {
    private(set) var path: String
    private(set) var number: UInt64
    let byteCount: Int
    let descriptor: Int32
    var writer: JournalSegmentWriter
    /// The last sequences in it of each connection that is not yet stored in a recording.
    var marks: [UInt64: JournalPosition] = [:]
    private let memory: UnsafeMutableRawPointer
    private let fileSystem: any FileSystem

    private static let pageBytes = 4096

    /// Makes the file `path`, or puts it to use again where it exists.
    init(path: String, number: UInt64, byteCount: Int, fileSystem: any FileSystem) throws(ArchiveError) {
        let descriptor = try fileSystem.openFile(path)
        do throws(ArchiveError) {
            // Without blocks of its own a mapped file ends the process when the disk is full.
            try fileSystem.allocate(descriptor, byteCount: byteCount, path: path)
            memory = try fileSystem.map(descriptor, byteCount: byteCount, path: path)
        } catch {
            fileSystem.closeFile(descriptor)
            throw error
        }
        self.path = path
        self.number = number
        self.byteCount = byteCount
        self.descriptor = descriptor
        self.fileSystem = fileSystem
        writer = JournalSegmentWriter(UnsafeMutableRawBufferPointer(start: memory, count: byteCount), number: number)
        // Page faults belong to the thread that prepares, not to the one that records. What a page held is of no use.
        for offset in stride(from: Self.pageBytes, to: byteCount, by: Self.pageBytes) {
            memory.storeBytes(of: 0, toByteOffset: offset, as: UInt8.self)
        }
    }

    /// Bytes behind the last record.
    var room: Int { byteCount - writer.position }

    /// Puts the segment to use again, under another name.
    func begin(path: String, number: UInt64) {
        self.path = path
        self.number = number
        marks = [:]
        let memory = UnsafeMutableRawBufferPointer(start: memory, count: byteCount)
        writer = JournalSegmentWriter(memory, number: number)
    }

    /// True while the segment is the file of its name.
    var isInPlace: Bool { FileStamp(descriptor: descriptor) == FileStamp(path: path) }

    /// Makes the file again, which was deleted, with the same content.
    func restored() throws(ArchiveError) -> JournalSegment {
        let copy = try JournalSegment(path: path, number: number, byteCount: byteCount, fileSystem: fileSystem)
        let memory = UnsafeMutableRawBufferPointer(start: copy.memory, count: byteCount)
        copy.writer = JournalSegmentWriter(continuing: writer, in: memory)
        copy.marks = marks
        return copy
    }

    deinit {
        fileSystem.unmap(memory, byteCount: byteCount)
        fileSystem.closeFile(descriptor)
    }

    /// Brings its records onto the disk.
    func sync() throws(ArchiveError) {
        try fileSystem.sync(descriptor, path: path)
    }
}

/// How far the messages of a connection go: the last sequence of each direction, 0 before the first.
package struct JournalPosition: Hashable, Sendable {
    package var received: UInt64
    package var sent: UInt64

    package init(received: UInt64 = 0, sent: UInt64 = 0) {
        self.received = received
        self.sent = sent
    }

    /// True where everything up to `self` is also up to `other`.
    package func isCovered(by other: JournalPosition) -> Bool { received <= other.received && sent <= other.sent }
}
