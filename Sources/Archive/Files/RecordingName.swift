/// The file names of recordings: `2026-01-05.feedrec`, then `2026-01-05_00002.feedrec` and so on for the same day.
///
/// The order of names is therefore the order of time.
package enum RecordingName {
    private static let digits = 5
    /// The suffixes of the files that SQLite creates beside a recording.
    ///
    /// SQLite would apply a file with such a name to the next recording of that name.
    static let companions = ["-wal", "-shm", "-journal"]

    /// The file in which a recorder continues `day`: the newest of the day, or a new one if that must not be written
    /// to.
    package static func current(in directory: String, day: String) throws(ArchiveError) -> String {
        let number = try lastNumber(in: directory, day: day)
        let newest = path(directory, day, max(1, number))
        return number == 0 || OwnRecordings.mayContinue(newest) ? newest : path(directory, day, number + 1)
    }

    /// The file that follows all others of `day`.
    package static func next(in directory: String, day: String) throws(ArchiveError) -> String {
        path(directory, day, try lastNumber(in: directory, day: day) + 1)
    }

    /// True for a finished recording, whose file is write-protected.
    package static func isSealed(_ path: String) -> Bool {
        FilePath.isWriteProtected(path)
    }

    /// True if a recorder may have chosen the file name.
    static func isOfRecorder(_ name: String) -> Bool {
        let day = name.prefix(dayCount)
        let isDay = day.utf8.enumerated().allSatisfy { index, byte in
            index == 4 || index == 7 ? byte == UInt8(ascii: "-") : (0x30...0x39).contains(byte)
        }
        return day.utf8.count == dayCount && isDay && number(of: name, day: String(day)) != nil
    }

    private static let dayCount = 10

    /// The highest number of the day's files; 0 if there are none.
    ///
    /// Anything can take a name: a directory, a dangling link, the write-ahead log of a deleted recording, a name that
    /// differs only in case, or a file that a cloud folder has moved away.
    private static func lastNumber(in directory: String, day: String) throws(ArchiveError) -> Int {
        guard FilePath.kind(of: directory) == .directory else { return 0 }
        let names = try FilePath.names(in: directory) + EvictedFile.names(in: directory)
        return names.reduce(0) { last, name in
            var name = name.lowercased()
            for suffix in companions where name.hasSuffix(suffix) { name.removeLast(suffix.count) }
            return max(last, number(of: name, day: day) ?? 0)
        }
    }

    private static func number(of name: String, day: String) -> Int? {
        guard name.hasPrefix(day), name.hasSuffix(ArchiveLocation.fileExtension) else { return nil }
        let middle = name.dropFirst(day.count).dropLast(ArchiveLocation.fileExtension.count)
        if middle.isEmpty { return 1 }
        guard middle.first == "_", let number = Int(middle.dropFirst()), (2..<Int.max).contains(number) else {
            return nil
        }
        return number
    }

    private static func path(_ directory: String, _ day: String, _ number: Int) -> String {
        let text = String(number)
        let suffix = number == 1 ? "" : "_" + String(repeating: "0", count: max(0, digits - text.count)) + text
        return FilePath.joined(directory, day + suffix + ArchiveLocation.fileExtension)
    }
}
