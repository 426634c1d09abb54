/// Hidden files that killed programs left beside recordings; they do no harm but use disk space.
///
/// `.NAME.new` is left by upkeep, `.NAME.begun` by a recorder or an import.
package enum StaleDrafts {
    private static let suffixes = ["", "-journal", "-wal", "-shm"]

    /// Removes them from a directory, and returns their names in order.
    ///
    /// It holds the right to do upkeep meanwhile; if another process has that right, no draft is stale. A directory
    /// that cannot be changed keeps its drafts.
    package static func remove(
        in directory: String,
        fileSystem: any FileSystem = SystemFileSystem()
    ) -> [String] {
        guard let drafts = try? drafts(in: directory), !drafts.isEmpty,
            let upkeep = try? ArchiveUpkeep(directory: directory)
        else { return [] }
        return withExtendedLifetime(upkeep) {
            // List again: another process may have ended since the first listing.
            ((try? self.drafts(in: directory)) ?? []).filter { name in
                // A running recorder may be beginning a file at this moment.
                (!upkeep.isBeingWritten || !name.contains(NewRecording.suffix))
                    && (try? fileSystem.unlink(FilePath.joined(directory, name))) != nil
            }
        }
    }

    private static func drafts(in directory: String) throws(ArchiveError) -> [String] {
        try FilePath.names(in: directory, areHidden: true).filter { name in
            let kinds = [".new", ".old.new", NewRecording.suffix]
            return suffixes.contains { suffix in
                kinds.contains { name.hasSuffix(ArchiveLocation.fileExtension + $0 + suffix) }
            }
        }
    }
}
