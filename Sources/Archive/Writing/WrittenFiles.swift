import Synchronization

/// The recordings that this process is writing.
///
/// No other code may open and close them as plain files: when a process closes any descriptor of a file, the system
/// releases SQLite's locks on it (POSIX `fcntl`). The next program that reads the recording would then see no other
/// user, and delete the write-ahead log.
enum WrittenFiles {
    private static let counts = Mutex<[FileStamp: Int]>([:])

    static func begin(_ stamp: FileStamp) {
        counts.withLock { $0[stamp, default: 0] += 1 }
    }

    static func end(_ stamp: FileStamp) {
        counts.withLock { counts in
            let count = (counts[stamp] ?? 0) - 1
            counts[stamp] = count > 0 ? count : nil
        }
    }

    static func contains(_ stamp: FileStamp) -> Bool {
        counts.withLock { $0[stamp] != nil }
    }
}
