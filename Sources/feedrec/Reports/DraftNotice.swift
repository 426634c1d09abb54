import Archive

/// Removes drafts that a killed upkeep command left, and reports each on standard error.
enum DraftNotice {
    /// Looks in the archives of `paths`.
    static func clear(_ paths: [String]) {
        for directory in Set(paths.map(ArchiveLocation.directory)).sorted() {
            for name in StaleDrafts.remove(in: directory) {
                StandardError.write("feedrec: removed '\(name)', left by a command that was killed")
            }
        }
    }
}
