import Glibc

/// Names of recordings: `2026-01-05.feedrec`, and where a day has more than one `2026-01-05_00002.feedrec` and so on, so
/// that the order of names is the order of time.
package enum RecordingName {
    private static let digits = 5

    /// The file that a recorder of `day` goes on with: the newest of the day, or a further one where that is sealed.
    package static func current(in directory: String, day: String) throws(ArchiveError) -> String {
        guard let newest = try newest(in: directory, day: day) else { return path(directory, day, 1) }
        return isSealed(newest.path) ? path(directory, day, newest.number + 1) : newest.path
    }

    /// The file that comes behind all others of `day`.
    package static func next(in directory: String, day: String) throws(ArchiveError) -> String {
        path(directory, day, (try newest(in: directory, day: day)?.number ?? 0) + 1)
    }

    /// True for a finished recording: nobody may write to the file.
    package static func isSealed(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & 0o222 == 0
    }

    /// The recordings of an archive that a recorder wrote and that are not sealed, in order of their names.
    ///
    /// Those of imports only belong to whoever imports; a file that cannot be read is nobody's.
    package static func unsealed(in directory: String) throws(ArchiveError) -> [String] {
        guard FilePath.kind(of: directory) == .directory else { return [] }
        var files: [String] = []
        for name in try FilePath.names(in: directory) where name.hasSuffix(ArchiveLocation.fileExtension) {
            let path = FilePath.joined(directory, name)
            // One without content was not even begun.
            guard case .file(let bytes) = FilePath.kind(of: path), bytes > 0, !isSealed(path),
                let sessions = try? ArchiveReader(path: path).sessions(),
                sessions.isEmpty || sessions.contains(where: { $0.start.kind == .record })
            else { continue }
            files.append(path)
        }
        return files
    }

    private static func newest(in directory: String, day: String) throws(ArchiveError) -> (path: String, number: Int)? {
        guard FilePath.kind(of: directory) == .directory else { return nil }
        var newest: (path: String, number: Int)?
        for name in try FilePath.names(in: directory) {
            guard let number = number(of: name, day: day), number > newest?.number ?? 0 else { continue }
            newest = (FilePath.joined(directory, name), number)
        }
        return newest
    }

    private static func number(of name: String, day: String) -> Int? {
        guard name.hasPrefix(day), name.hasSuffix(ArchiveLocation.fileExtension) else { return nil }
        let middle = name.dropFirst(day.count).dropLast(ArchiveLocation.fileExtension.count)
        if middle.isEmpty { return 1 }
        guard middle.first == "_", let number = Int(middle.dropFirst()), number > 1 else { return nil }
        return number
    }

    private static func path(_ directory: String, _ day: String, _ number: Int) -> String {
        let text = String(number)
        let suffix = number == 1 ? "" : "_" + String(repeating: "0", count: max(0, digits - text.count)) + text
        return FilePath.joined(directory, day + suffix + ArchiveLocation.fileExtension)
    }
}
