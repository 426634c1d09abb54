/// The recordings that the argument ARCHIVE of a verb stands for.
package struct ArchiveLocation: Hashable, Sendable {
    package static let fileExtension = ".feedrec"

    /// Paths of the recordings; those of a directory in name order, which is the order of their days.
    package let files: [String]

    /// Resolves a directory, a file, or several of either.
    ///
    /// Whether a file is a recording shows when it is opened; files of a directory without content are passed over,
    /// as a crash right after their creation leaves them.
    ///
    /// - Throws: ``ArchiveError/Code/notFound`` and ``ArchiveError/Code/noRecordings``.
    package init(_ paths: [String]) throws(ArchiveError) {
        var files: [String] = []
        for path in paths {
            switch FilePath.kind(of: path) {
            case .missing:
                throw ArchiveError(code: .notFound, path: path, detail: "there is no file or directory '\(path)'")
            case .file: files.append(path)
            case .directory: files += try Self.recordings(in: path)
            }
        }
        self.files = files
    }

    package init(_ path: String) throws(ArchiveError) {
        try self.init([path])
    }

    /// The directory of an archive: the path itself, or that of the file.
    package static func directory(of path: String) -> String {
        FilePath.kind(of: path) == .directory ? path : FilePath.parent(of: path)
    }

    private static func recordings(in directory: String) throws(ArchiveError) -> [String] {
        var files: [String] = []
        for name in try FilePath.names(in: directory) where name.hasSuffix(fileExtension) {
            let path = FilePath.joined(directory, name)
            if case .file(let bytes) = FilePath.kind(of: path), bytes > 0 { files.append(path) }
        }
        guard !files.isEmpty else {
            throw ArchiveError(
                code: .noRecordings,
                path: directory,
                detail: "there are no recordings (*\(fileExtension)) in '\(directory)'"
            )
        }
        return files
    }
}
