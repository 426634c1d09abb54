/// What programs that were killed left beside recordings: hidden files that are in no one's way but take room.
///
/// `.NAME.new` is of upkeep, `.NAME.begun` of a recorder or an import.
package enum StaleDrafts {
    private static let suffixes = ["", "-journal", "-wal", "-shm"]

    /// Removes them from a directory, and returns their names in order.
    ///
    /// It has the right to do upkeep meanwhile; while somebody else has, no draft is stale. A directory that may not be
    /// changed keeps what it has.
    package static func remove(
        in directory: String,
        fileSystem: any FileSystem = SystemFileSystem()
    ) -> [String] {
        guard let drafts = try? drafts(in: directory), !drafts.isEmpty,
            let upkeep = try? ArchiveUpkeep(directory: directory)
        else { return [] }
        return withExtendedLifetime(upkeep) {
            // Another one may have ended, or begun and ended, in between.
            ((try? self.drafts(in: directory)) ?? []).filter { name in
                // The recorder that is at work may be beginning a file just now.
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
