import JournalFormat
import MarketModel

/// A segment file in memory, ready for records: allocated, mapped and faulted in.
///
/// `@unchecked Sendable`: one thread creates it and hands it over; after that, the lock ``Journal/appending`` protects
/// its records and marks, and its other properties do not change while it is in use.
final class JournalSegment: @unchecked Sendable {
    private(set) var path: String
    private(set) var number: UInt64
    let byteCount: Int
    let descriptor: Int32
    var writer: JournalSegmentWriter
    /// The last sequence numbers in the segment, for each connection that is not stored in a recording yet.
    var marks: [UInt64: JournalPosition] = [:]
    private let memory: UnsafeMutableRawPointer
    private let fileSystem: any FileSystem

    private static let pageBytes = 4096

    /// Creates the file `path`, or reuses it if it exists.
    init(path: String, number: UInt64, byteCount: Int, fileSystem: any FileSystem) throws(ArchiveError) {
        let descriptor = try fileSystem.openFile(path)
        do throws(ArchiveError) {
            // If the disk is full, writing to a mapped file without allocated blocks kills the process.
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
        // Take the page faults on the preparing thread, not on the recording one. The old content is not needed.
        for offset in stride(from: Self.pageBytes, to: byteCount, by: Self.pageBytes) {
            memory.storeBytes(of: 0, toByteOffset: offset, as: UInt8.self)
        }
    }

    /// The bytes left after the last record.
    var room: Int { byteCount - writer.position }

    /// Reuses the segment under another name.
    func begin(path: String, number: UInt64) {
        self.path = path
        self.number = number
        marks = [:]
        let memory = UnsafeMutableRawBufferPointer(start: memory, count: byteCount)
        writer = JournalSegmentWriter(memory, number: number)
    }

    /// True while the segment's path still leads to it.
    var isInPlace: Bool { FileStamp(descriptor: descriptor) == FileStamp(path: path) }

    /// Recreates the deleted file with the same content.
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

    /// Makes the records of the segment durable.
    func sync() throws(ArchiveError) {
        try fileSystem.sync(descriptor, path: path)
    }
}
