/// The paths of the journal's files: `journal/0000000001.seg` and so on, beside the recordings.
package struct JournalDirectory: Hashable, Sendable {
    package let path: String
    /// The directory for segments whose messages no recording can take: `journal-aside`, beside the recordings.
    package let aside: String
    private static let fileExtension = ".seg"
    private static let digits = 10

    /// The journal of the archive in `directory`.
    package init(archive directory: String) {
        path = FilePath.joined(directory, "journal")
        aside = FilePath.joined(directory, "journal-aside")
    }

    func segment(_ number: UInt64) -> String {
        let text = String(number)
        let zeros = String(repeating: "0", count: max(0, Self.digits - text.count))
        return FilePath.joined(path, zeros + text + Self.fileExtension)
    }

    /// The existing segments in order of their numbers.
    package func segments(_ fileSystem: any FileSystem = SystemFileSystem()) throws(ArchiveError) -> [String] {
        try fileSystem.names(in: path).filter { $0.hasSuffix(Self.fileExtension) }
            .sorted { ($0.utf8.count, $0) < ($1.utf8.count, $1) }
            .map { FilePath.joined(path, $0) }
    }

    /// Moves a segment into ``aside``, under an unused name.
    func setAside(_ segment: String, _ fileSystem: any FileSystem) throws(ArchiveError) {
        try fileSystem.createDirectory(aside)
        let target = FilePath.joined(aside, FilePath.lastComponent(of: segment))
        var free = target
        var number = 2
        while FilePath.isTaken(free) {
            free = "\(target).\(number)"
            number += 1
        }
        try fileSystem.rename(segment, to: free)
    }
}
