import Glibc
import Testing

@testable import Archive

/// The effect of the machine's limits on a recording.
struct SystemLimitTests {
    @Test(
        "kind 3 an error names the limit that was reached, and says whether waiting helps",
        arguments: [
            (ENOSPC, ArchiveError.Code.diskFull, "the disk is full"), (EDQUOT, .diskFull, "quota"),
            (EFBIG, .fileTooLarge, "size of a file"), (EMFILE, .ioFailed, "too many open files"),
            (ENFILE, .ioFailed, "the system has too many open files"), (ENOMEM, .ioFailed, "address space"),
        ]
    )
    func names(number: Int32, code: ArchiveError.Code, words: String) {
        let error = FilePath.failure("write", "tape/x.feedrec", number)
        #expect(error.code == code && error.detail.contains(words) && error.detail.contains("'tape/x.feedrec'"))
        #expect(error.hint != nil)
    }

    @Test("kind 3 other system errors keep their own text")
    func others() {
        #expect(SystemLimit.meaning(of: EIO) == nil && SystemLimit.meaning(of: EACCES) == nil)
        #expect(FilePath.failure("open", "x", EACCES).code == .permissionDenied)
    }

    @Test("kind 3 a recording and its log stay well below the file size limit, and segments fit within it")
    func fileSizes() throws {
        let limit = FileSizeLimit(bytes: 17_000 * 1024)
        #expect(limit.recordingBytesMax == 8500 * 1024 && limit.segmentBytesMax == 17_000 * 1024)
        #expect(FileSizeLimit(bytes: 5_000_000).segmentBytesMax.isMultiple(of: 4096))
        try limit.check("tape")
    }

    @Test("kind 3 a limit under which nothing can be recorded is rejected with its value")
    func tooSmall() {
        #expect {
            try FileSizeLimit(bytes: 1 << 20).check("tape")
        } throws: { error in
            let error = error as? ArchiveError
            return error?.code == .fileTooLarge && error?.hint?.contains("ulimit -f") == true
        }
    }
}
