import Synchronization

/// A journal whose files were deleted while it was at work.
extension Journal {
    /// False if the segment in use is not the file of its name any more: what it takes would not survive the process.
    package var isInPlace: Bool { state.withLock { $0.current?.isInPlace ?? true } }

    /// Makes the files again that were deleted, as far as they are in memory.
    ///
    /// Others held messages that may be stored nowhere; recovery finds their numbers missing.
    package func restore() throws(ArchiveError) {
        guard !isInPlace else { return }
        try configuration.fileSystem.createDirectory(directory.path)
        try state.withLock { state throws(ArchiveError) in
            // They hold nothing that matters.
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
        prepareSoon()
    }
}
