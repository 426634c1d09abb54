import Glibc

/// The right to write to an archive directory: an advisory lock (`flock`) on its file `.lock`.
///
/// The system releases it when the process ends, in whatever way. Several writers of one process may share it.
package final class ArchiveLock: Sendable {
    /// What the lock is taken for.
    package enum Purpose: Sendable {
        /// Recording, importing or changing recordings.
        case writing
        /// Folding in the journal of a dead recorder before reading: the lock is held for seconds at most.
        case recovery
    }

    private static let recoveryMark = "recovery"

    package let directory: String
    private let descriptor: Int32

    /// Takes the lock of `directory`, which must exist.
    ///
    /// - Throws: ``ArchiveError/Code/busy``, with the owner's process number, if the lock is taken.
    package init(directory: String, for purpose: Purpose = .writing) throws(ArchiveError) {
        let path = FilePath.joined(directory, ".lock")
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw FilePath.failure("write to", directory, errno) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let owner = Self.readOwner(descriptor)
            close(descriptor)
            throw ArchiveError(
                code: .busy,
                path: directory,
                detail: "'\(directory)' is being written by another feedrec (process \(owner))",
                hint: "stop that process first, or record into another directory"
            )
        }
        Self.writeOwner(descriptor, purpose)
        self.directory = directory
        self.descriptor = descriptor
    }

    /// Takes the lock of `directory`, which is created if it is missing.
    package convenience init(creating directory: String) throws(ArchiveError) {
        try FilePath.createDirectory(directory)
        try self.init(directory: directory)
    }

    /// False if the lock file was deleted: another process could then take a lock with the same path.
    package var isInPlace: Bool {
        FileStamp(descriptor: descriptor) == FileStamp(path: FilePath.joined(directory, ".lock"))
    }

    deinit { close(descriptor) }

    /// True while a recorder or an import, of this process or another one, runs in `directory`.
    ///
    /// It takes the lock for a moment, so call it only if the answer matters.
    static func isHeld(in directory: String) -> Bool {
        let descriptor = open(FilePath.joined(directory, ".lock"), O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return flock(descriptor, LOCK_SH | LOCK_NB) != 0
    }

    /// True if the process that holds the lock only folds in a journal, so that waiting for it makes sense.
    ///
    /// A process that has just taken the lock may not have said so yet.
    package static func isHeldForRecovery(in directory: String) -> Bool {
        let descriptor = open(FilePath.joined(directory, ".lock"), O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return owner(descriptor).hasSuffix(recoveryMark)
    }

    private static func writeOwner(_ descriptor: Int32, _ purpose: Purpose) {
        let mark = purpose == .recovery ? " \(recoveryMark)" : ""
        let text = Array("\(getpid())\(mark)\n".utf8)
        // The process number is only for the error text; the lock works without it, even on a full disk.
        _ = ftruncate(descriptor, 0)
        _ = pwrite(descriptor, text, text.count, 0)
    }

    private static func readOwner(_ descriptor: Int32) -> String {
        let digits = owner(descriptor).utf8.prefix { (0x30...0x39).contains($0) }
        return digits.isEmpty ? "unknown" : String(decoding: digits, as: UTF8.self)
    }

    /// The first line of the lock's file.
    private static func owner(_ descriptor: Int32) -> String {
        var buffer = [UInt8](repeating: 0, count: 40)
        let count = pread(descriptor, &buffer, buffer.count, 0)
        return String(decoding: buffer.prefix(max(0, count)).prefix { $0 != 0x0A }, as: UTF8.self)
    }
}
