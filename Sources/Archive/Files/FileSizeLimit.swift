/// The process's file size limit (`ulimit -f`), and the sizes that fit within it.
package struct FileSizeLimit: Hashable, Sendable {
    /// The maximum size of a file, in bytes.
    package let bytes: Int64

    /// The present limit; `nil` if there is none.
    package static var current: FileSizeLimit? { SystemLimit.fileBytesMax.map(FileSizeLimit.init) }

    package init(bytes: Int64) {
        self.bytes = bytes
    }

    /// The size, in bytes, at which a recording with its write-ahead log is followed by another one.
    ///
    /// This is half of the limit, because one more transaction and the log's transfer into the file must fit too.
    package var recordingBytesMax: Int64 { bytes / 2 }

    /// The largest journal segment in bytes, a whole number of pages.
    package var segmentBytesMax: Int { Int(clamping: bytes) & ~4095 }

    /// A smaller limit is useless: a few transactions reach it.
    private static let least: Int64 = 4 << 20

    /// - Throws: ``ArchiveError/Code/fileTooLarge`` if nothing can be recorded under the limit.
    package func check(_ directory: String) throws(ArchiveError) {
        guard bytes < Self.least else { return }
        throw ArchiveError(
            code: .fileTooLarge,
            path: directory,
            detail: "cannot record into '\(directory)': a file may have \(bytes) bytes at most, and a recording needs "
                + "\(Self.least)",
            hint: "raise the limit for the size of files ('ulimit -f')"
        )
    }
}
