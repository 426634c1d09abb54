import Glibc
import Migrations
import SQLiteFormat

/// The pages of a recording that SQLite may refuse to open, including the pages in its write-ahead log.
///
/// It reads without locks: the files must not be written meanwhile.
final class SalvageSource: PageSource {
    let header: DatabaseHeader
    let pageCount: UInt32
    /// True if page 1 identifies the file as a recording.
    let isRecognised: Bool

    private let database: Int32
    private let log: Int32
    private let replaced: [UInt32: Int]

    init(path: String, logPath: String) throws(ArchiveError) {
        database = open(path, O_RDONLY | O_CLOEXEC)
        guard database >= 0 else { throw FilePath.failure("open", path, errno) }
        log = open(logPath, O_RDONLY | O_CLOEXEC)
        let writeAheadLog = Self.read(log)
        replaced = writeAheadLog?.offsets ?? [:]
        var bytes = Self.bytes(of: database, at: 0, count: 4096)
        if let offset = replaced[1] { bytes = Self.bytes(of: log, at: offset, count: 4096) }
        let stored = bytes.flatMap { DatabaseHeader($0) }
        isRecognised = stored?.applicationID == Migrations.applicationID
        let size = lseek(database, 0, SEEK_END)
        var header = stored ?? .usual
        // Recordings have pages of 4 KiB without reserved bytes; another page size is only accepted if it divides the
        // file size.
        if let logged = writeAheadLog?.pageBytes { header.pageBytes = logged }
        if header.pageBytes != 4096, !Int(size).isMultiple(of: header.pageBytes) { header.pageBytes = 4096 }
        header.usableBytes = header.pageBytes
        self.header = header
        // A torn last page counts as a page, so that it is reported as damaged.
        let stretch = (Int(size) + header.pageBytes - 1) / header.pageBytes
        pageCount = UInt32(clamping: max(stretch, Int(writeAheadLog?.pageCount ?? 0)))
    }

    deinit {
        close(database)
        if log >= 0 { close(log) }
    }

    func page(_ number: UInt32) -> [UInt8]? {
        guard number > 0 else { return nil }
        if let offset = replaced[number] { return Self.bytes(of: log, at: offset, count: header.pageBytes) }
        return Self.bytes(of: database, at: Int(number - 1) * header.pageBytes, count: header.pageBytes)
    }

    private static func read(_ log: Int32) -> WriteAheadLog? {
        guard log >= 0, let bytes = bytes(of: log, at: 0, count: WriteAheadLog.headerBytes),
            var result = WriteAheadLog(header: bytes)
        else { return nil }
        var offset = WriteAheadLog.headerBytes
        while let frame = self.bytes(of: log, at: offset, count: result.frameBytes), result.take(frame: frame) {
            offset += result.frameBytes
        }
        return result
    }

    /// Returns all `count` bytes at `offset`; `nil` if the file is shorter or the disk fails.
    private static func bytes(of file: Int32, at offset: Int, count: Int) -> [UInt8]? {
        var done = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            while done < count {
                let result = pread(file, buffer.baseAddress.map { $0 + done }, count - done, off_t(offset + done))
                if result < 0, errno == EINTR { continue }
                guard result > 0 else { break }
                done += result
            }
            initialized = done
        }
        return done == count ? bytes : nil
    }
}
