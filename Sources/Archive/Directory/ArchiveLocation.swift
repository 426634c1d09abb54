/// The recordings that the argument ARCHIVE of a verb stands for, and what else is named like one.
///
/// This is the one place that decides which files of a directory are read. A recording that is there under two names, or
/// that was copied, is read once.
package struct ArchiveLocation: Hashable, Sendable {
    package static let fileExtension = ".feedrec"

    /// Paths of the recordings; those of a directory in name order, which is the order of their days.
    package let files: [String]
    /// What is not read, in the same order.
    package let findings: [ArchiveFinding]

    /// Resolves a directory, a file, or several of either.
    ///
    /// A file that is named itself is taken as it is: opening it shows whether it is a recording.
    ///
    /// - Parameters:
    ///   - paths: files and directories.
    ///   - includingDamaged: true to have damaged recordings of a directory in ``files``, for those who repair them.
    /// - Throws: ``ArchiveError/Code/notFound``; ``ArchiveError/Code/noRecordings``, or why the first file cannot be
    ///   read, if none of a directory can be.
    package init(_ paths: [String], includingDamaged: Bool = false) throws(ArchiveError) {
        var files: [RecordingCandidate] = []
        var findings: [ArchiveFinding] = []
        for path in paths {
            switch FilePath.kind(of: path) {
            case .missing:
                throw ArchiveError(code: .notFound, path: path, detail: "there is no file or directory '\(path)'")
            case .file:
                files.append(RecordingCandidate(path))
            case .directory:
                let listing = try DirectoryListing(path, includingDamaged: includingDamaged)
                if listing.recordings.isEmpty { throw listing.failure(path) }
                files += listing.recordings
                findings += listing.findings
            }
        }
        self.init(files, findings)
    }

    private init(_ candidates: [RecordingCandidate], _ findings: [ArchiveFinding]) {
        let copies = CopySearch(candidates)
        files = copies.recordings.map(\.path)
        let empty = copies.recordings.compactMap(\.finding).filter { $0.kind == .withoutSession }
        self.findings = (findings + empty + copies.findings).sorted { $0.path < $1.path }
    }

    /// What an archive holds that a verb is about to add to: nothing if it does not exist yet.
    package init(addingTo directory: String) throws(ArchiveError) {
        guard FilePath.kind(of: directory) == .directory else {
            self.init([RecordingCandidate](), [])
            return
        }
        let listing = try DirectoryListing(directory, includingDamaged: false)
        self.init(listing.recordings, listing.findings)
    }

    package init(_ path: String, includingDamaged: Bool = false) throws(ArchiveError) {
        try self.init([path], includingDamaged: includingDamaged)
    }

    /// True if something that is named like a recording is not read, and nothing else holds its rows.
    package var isDataMissing: Bool { findings.contains(where: \.isDataMissing) }

    /// What is named like a recording and is none that this program can read, as the first bytes of each file show.
    ///
    /// No recording is opened.
    package static func strays(in directory: String) throws(ArchiveError) -> [ArchiveFinding] {
        try DirectoryListing.strays(in: directory)
    }

    /// The directory of an archive: the path itself, or that of the file.
    package static func directory(of path: String) -> String {
        FilePath.kind(of: path) == .directory ? path : FilePath.parent(of: path)
    }

    /// Paths of everything that is named like a recording, without a look inside.
    ///
    /// - Throws: an ``ArchiveError`` if a directory cannot be read.
    package static func names(_ paths: [String]) throws(ArchiveError) -> [String] {
        var names: [String] = []
        for path in paths {
            guard FilePath.kind(of: path) == .directory else {
                names.append(path)
                continue
            }
            for name in try FilePath.names(in: path) where name.hasSuffix(fileExtension) {
                names.append(FilePath.joined(path, name))
            }
        }
        return names
    }
}
