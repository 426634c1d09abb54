import Archive

/// Clears away what upkeep left that was killed, and tells of it.
enum DraftNotice {
    /// Looks in the archives that `paths` belong to.
    static func clear(_ paths: [String]) {
        for directory in Set(paths.map(ArchiveLocation.directory)).sorted() {
            for name in StaleDrafts.remove(in: directory) {
                StandardError.write("feedrec: removed '\(name)', which an upkeep left that was killed")
            }
        }
    }
}
