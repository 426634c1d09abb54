import CSQLite
import Glibc
import Migrations

/// Begins a recording: the file gets its name only after it is complete.
///
/// A program that is killed meanwhile leaves a hidden file instead of an empty recording that looks like a loss.
enum NewRecording {
    /// The suffix of the file name until the file is complete.
    static let suffix = ".begun"

    /// Creates the recording `path`, which must not exist.
    ///
    /// The caller holds the directory's writer lock, so no other program begins a recording there.
    static func create(_ path: String) throws(ArchiveError) {
        let draft = FilePath.joined(FilePath.parent(of: path), "." + FilePath.name(of: path) + suffix)
        // A killed program may have left a draft.
        remove(draft)
        try make(draft, path)
        do {
            let database = try SerialDatabase(draft, readonly: false, path: path)
            try database.run { handle in
                // SQLite's default of 4 KiB. Pages of 8 KiB save 10 % with few instruments but double what many
                // instruments write, because each transaction changes a page of every instrument.
                try RecordingFile.execute("PRAGMA page_size = 4096", handle, path)
                try RecordingFile.migrate(handle, from: 0, path)
                try RecordingIdentity.make(on: handle, path: path, file: draft)
            }
            try database.close(path: path)
            try publish(draft, as: path)
        } catch {
            remove(draft)
            throw ArchiveError(error, action: "create", path: path)
        }
    }

    /// Creates an empty file first, because SQLite would not report which limit prevents its creation.
    private static func make(_ draft: String, _ path: String) throws(ArchiveError) {
        let descriptor = open(draft, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw FilePath.failure("create", path, errno) }
        close(descriptor)
    }

    /// Gives the file its name, unless that name was taken meanwhile.
    private static func publish(_ draft: String, as path: String) throws(ArchiveError) {
        if link(draft, path) == 0 {
            unlink(draft)
            return
        }
        // Some file systems have no hard links.
        guard errno != EEXIST, !FilePath.isTaken(path), rename(draft, path) == 0 else {
            throw FilePath.failure("create", path, errno)
        }
    }

    private static func remove(_ draft: String) {
        for companion in [""] + RecordingName.companions { unlink(draft + companion) }
    }
}
