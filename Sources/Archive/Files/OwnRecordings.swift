/// The recordings of an archive that its recorder may write to: those that it began itself.
///
/// Users copy recordings and put others into the directory. Such files are only read.
package enum OwnRecordings {
    /// The unsealed files in `directory` that a recorder began, in order of their names.
    ///
    /// A file that cannot be read is left out.
    package static func unsealed(in directory: String) throws(ArchiveError) -> [String] {
        let files = try writable(in: directory)
        let copies = copies(among: files)
        return files.filter { !copies.contains($0) && isOfRecorder($0) }
    }

    /// The unsealed copies in `directory`, which a recorder must not continue.
    package static func unsealedCopies(in directory: String) throws(ArchiveError) -> [String] {
        try copies(among: writable(in: directory)).sorted()
    }

    /// The files that are not sealed and not empty: an empty file was never begun.
    private static func writable(in directory: String) throws(ArchiveError) -> [String] {
        guard FilePath.kind(of: directory) == .directory else { return [] }
        return try FilePath.names(in: directory).filter { $0.hasSuffix(ArchiveLocation.fileExtension) }
            .map { FilePath.joined(directory, $0) }
            .filter { FilePath.bytes(of: $0) > 0 && !RecordingName.isSealed($0) }
    }

    /// The files that are copies or additional names of another recording, whether or not that one is in `files`.
    ///
    /// Among several names of the original, the name under which it was begun is not a copy.
    package static func copies(among files: [String]) -> Set<String> {
        let identities = files.compactMap { path -> (path: String, identity: RecordingIdentity)? in
            guard let identity = try? ArchiveReader(path: path).identity() else { return nil }
            return (path, identity)
        }
        let hasFirstName = { (path: String, identity: RecordingIdentity) in
            FilePath.lastComponent(of: path) == identity.fileName
        }
        var known: Set<String> = []
        var copies: Set<String> = []
        for (path, identity) in identities.filter(hasFirstName) + identities.filter({ !hasFirstName($0, $1) }) {
            if !identity.isOriginal(path) || !known.insert(identity.recordingID).inserted { copies.insert(path) }
        }
        return copies
    }

    /// True if a recorder may continue writing to `path`.
    ///
    /// It may if another program has the file locked, because that passes.
    static func mayContinue(_ path: String) -> Bool {
        guard FilePath.bytes(of: path) > 0, !RecordingName.isSealed(path) else { return false }
        do throws(ArchiveError) {
            let identity = try ArchiveReader(path: path).identity()
            return identity?.isOriginal(path) ?? true
        } catch {
            return error.code == .busy
        }
    }

    /// True for a file with a recorder's sessions; a file of an import is continued only by imports.
    private static func isOfRecorder(_ path: String) -> Bool {
        guard let reader = try? ArchiveReader(path: path), let sessions = try? reader.sessions() else { return false }
        if (try? reader.identity()) == nil, !RecordingName.isOfRecorder(FilePath.lastComponent(of: path)) {
            return false
        }
        return sessions.isEmpty || sessions.contains { $0.start.kind == .record }
    }
}
