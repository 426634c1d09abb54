import Archive
import Glibc
import Testing

/// The process's file size limit, with the system's own calls.
@Suite(.serialized)
struct FileSizeTests {
    /// Far above what any other test writes, because the limit is that of the whole process.
    private static let limit: Int64 = 4 << 30

    /// Runs `body` under the limit.
    private static func underLimit(_ body: () throws -> Void) throws {
        // Without this, a write beyond the limit kills the process.
        signal(SIGXFSZ, SIG_IGN)
        let resource = __rlimit_resource_t(RLIMIT_FSIZE.rawValue)
        var before = rlimit()
        try #require(getrlimit(resource, &before) == 0)
        var lower = before
        lower.rlim_cur = rlim_t(limit)
        try #require(setrlimit(resource, &lower) == 0)
        defer { setrlimit(resource, &before) }
        try body()
    }

    @Test("the limit is that of the system, and sizes that fit are derived from it")
    func current() throws {
        try Self.underLimit {
            let found = try #require(FileSizeLimit.current)
            #expect(found.bytes == Self.limit && found.recordingBytesMax == Self.limit / 2)
            #expect(Int64(found.segmentBytesMax) == Self.limit)
            try found.check("tape")
            #expect(Journal.Configuration(directory: "tape").segmentBytes == 8 << 20)
        }
    }

    @Test("a file beyond the limit is an error that names the limit and the file")
    func beyond() throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("large")
        let system = SystemFileSystem()
        let descriptor = try system.openFile(path)
        defer { system.closeFile(descriptor) }
        try system.truncate(descriptor, byteCount: 4096, path: path)
        try Self.underLimit {
            for grow in [
                { try system.allocate(descriptor, byteCount: Int(Self.limit) + 4096, path: path) },
                { try system.truncate(descriptor, byteCount: Int(Self.limit) + 4096, path: path) },
            ] as [() throws -> Void] {
                #expect {
                    try grow()
                } throws: { error in
                    let error = error as? ArchiveError
                    return error?.code == .fileTooLarge && error?.detail.contains("\(Self.limit) bytes") == true
                        && error?.detail.contains("'\(path)'") == true && error?.isRetryable == false
                }
            }
        }
        #expect(try system.read(path).count == 4096)
    }
}
