import Synchronization

/// Restores a journal whose files were deleted while it was in use.
extension Journal {
    /// False if the path of the segment in use no longer leads to it: new records would not survive the process.
    package var isInPlace: Bool { state.withLock { $0.current?.isInPlace ?? true } }

    /// Recreates the deleted files from memory, as far as they are in memory.
    ///
    /// Other deleted segments may have held messages that are stored nowhere else; recovery detects their missing
    /// numbers.
    package func restore() throws(ArchiveError) {
        guard !isInPlace else { return }
        try configuration.fileSystem.createDirectory(directory.path)
        try appending.withLock { _ throws(ArchiveError) in try restoreSegments() }
        prepareSoon()
    }

    private func restoreSegments() throws(ArchiveError) {
        try state.withLock { state throws(ArchiveError) in
            // These segments hold no records that are still needed.
            state.byteCount -= state.free.reduce(0) { $0 + $1.byteCount } + (state.prepared?.byteCount ?? 0)
            state.free = []
            state.prepared = nil
            var retired: [RetiredSegment] = []
            for segment in state.retired {
                guard FilePath.kind(of: segment.path) == .missing else {
                    retired.append(segment)
                    continue
                }
                guard let memory = segment.segment else {
                    state.byteCount -= segment.byteCount
                    continue
                }
                retired.append(
                    RetiredSegment(
                        path: segment.path,
                        byteCount: segment.byteCount,
                        marks: segment.marks,
                        segment: try memory.restored()
                    )
                )
            }
            state.retired = retired
            state.current = try state.current?.restored()
        }
    }
}
