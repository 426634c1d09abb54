/// The recordings that the argument ARCHIVE of a verb selects, and other entries that are named like recordings.
///
/// Only this type decides which files of a directory are read. A recording is read once, even if it has several names
/// or copies.
package struct ArchiveLocation: Hashable, Sendable {
    package static let fileExtension = ".feedrec"

    /// The paths of the recordings; those of a directory are ordered by name and therefore by day.
    package let files: [String]
    /// The entries that are not read, in the order of their paths.
    package let findings: [ArchiveFinding]

    /// Resolves a directory, a file, or several of either.
    ///
    /// A file that is named directly is not inspected: opening it shows whether it is a recording.
    ///
    /// - Parameters:
    ///  - paths: files and directories.
    ///  - includingDamaged: true to include damaged recordings of a directory in ``files``, for a repair.
    /// - Throws: ``ArchiveError/Code/notFound``; if a directory has no readable recording,
    ///   ``ArchiveError/Code/noRecordings`` or the error of its first file.
    package init(_ paths: [String], includingDamaged: Bool = false) throws(ArchiveError) {
        var files: [RecordingCandidate] = []
        var findings: [ArchiveFinding] = []
        for path in paths {
            switch FilePath.kind(of: path) {
            case .missing:
                let missing = "there is no file or directory '\(path)'"
                throw EvictedFile.error(for: path) ?? ArchiveError(code: .notFound, path: path, detail: missing)
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

    /// Lists an archive that a verb is about to add to; an archive that does not exist yet is empty.
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

    /// True if an entry that is named like a recording is not read and no other file holds its rows.
    package var isDataMissing: Bool { findings.contains(where: \.isDataMissing) }

    /// Finds entries that are named like recordings but are not readable by this program, by the first bytes of each
    /// file.
    ///
    /// It does not open any recording.
    package static func strays(in directory: String) throws(ArchiveError) -> [ArchiveFinding] {
        try DirectoryListing.strays(in: directory)
    }

    /// The directory of an archive: `path` itself, or the directory of the file.
    package static func directory(of path: String) -> String {
        FilePath.kind(of: path) == .directory ? path : FilePath.parent(of: path)
    }

    /// The paths of all entries that are named like recordings, without looking inside.
    ///
    /// - Throws: ``ArchiveError`` if a directory cannot be read.
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
