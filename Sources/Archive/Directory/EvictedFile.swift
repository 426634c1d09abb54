/// The placeholder that a cloud folder leaves for a file that it has moved away from this disk.
///
/// iCloud leaves the hidden file `.NAME.icloud` for the file `NAME`.
enum EvictedFile {
    private static let suffix = ".icloud"
    /// The files that hold messages: a recording and its write-ahead log.
    private static let endings = ["", "-wal"].map { ArchiveLocation.fileExtension + $0 }

    /// The name of the recording or write-ahead log for which `name` is the placeholder; `nil` for any other name.
    static func original(ofPlaceholder name: String) -> String? {
        guard name.hasPrefix("."), name.lowercased().hasSuffix(suffix) else { return nil }
        let original = name.dropFirst().dropLast(suffix.count)
        let isOurs = endings.contains { original.lowercased().hasSuffix($0) }
        return isOurs ? String(original) : nil
    }

    /// The names of the recordings and logs that are not on this disk, in order of their names.
    static func names(in directory: String) throws(ArchiveError) -> [String] {
        let placeholders = try FilePath.names(in: directory, areHidden: true)
        let names = placeholders.compactMap { original(ofPlaceholder: $0) }
        return names.filter { !FilePath.isTaken(FilePath.joined(directory, $0)) }
    }

    /// The placeholders of a directory.
    static func findings(in directory: String) throws(ArchiveError) -> [ArchiveFinding] {
        try names(in: directory).map { name in
            ArchiveFinding(.evicted, placeholder(of: FilePath.joined(directory, name)), reason(name))
        }
    }

    /// The error for a file that was named on the command line; `nil` if it has no placeholder.
    static func error(for path: String) -> ArchiveError? {
        guard FilePath.kind(of: placeholder(of: path)) != .missing else { return nil }
        return ArchiveError(
            code: .notFound,
            path: path,
            detail: "'\(path)' is not on this disk: a cloud folder keeps it elsewhere",
            hint: "download it first"
        )
    }

    private static func reason(_ name: String) -> String {
        "is the placeholder of '\(name)', which a cloud folder keeps elsewhere; download that file"
    }

    private static func placeholder(of path: String) -> String {
        FilePath.joined(FilePath.parent(of: path), "." + FilePath.lastComponent(of: path) + suffix)
    }
}
