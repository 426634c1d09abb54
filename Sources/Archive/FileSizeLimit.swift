/// The largest files that this process may write (`ulimit -f`), and what fits under it.
package struct FileSizeLimit: Hashable, Sendable {
    /// The most bytes that a file may have.
    package let bytes: Int64

    /// The limit that is in force now; `nil` without one.
    package static var current: FileSizeLimit? { SystemLimit.fileBytesMax.map(FileSizeLimit.init) }

    package init(bytes: Int64) {
        self.bytes = bytes
    }

    /// The size of a recording, its write-ahead log included, from which on another one is begun.
    ///
    /// Half of the limit: a transaction more, and the folding of the log into the file, must fit as well.
    package var recordingBytesMax: Int64 { bytes / 2 }

    /// The largest segment of the journal, a whole number of pages.
    package var segmentBytesMax: Int { Int(clamping: bytes) & ~4095 }

    /// Less is of no use: a few transactions fill it.
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
