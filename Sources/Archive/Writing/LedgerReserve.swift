import Synchronization

/// Disk space that a recorder reserves for the ledger of gaps: the file `.reserve` in its archive.
///
/// When the disk is full, part of it is freed for the duration of one small commit, so that no other program can take
/// it before. Calls do not report failures: without a reserve, the ledger is written when the disk has room.
package final class LedgerReserve: Sendable {
    /// The space freed by one loan, in bytes: a commit of a few rows needs some pages of 4 KiB.
    private static let loanBytes = 256 << 10

    private let path: String
    private let byteCount: Int
    private let fileSystem: any FileSystem
    /// The current size of the file in bytes; only one loan may run at a time.
    private let held = Mutex(0)

    /// Creates the reserve of an archive, which is empty before ``refill()``.
    package init(directory: String, byteCount: Int, fileSystem: any FileSystem = SystemFileSystem()) {
        path = FilePath.joined(directory, ".reserve")
        self.byteCount = byteCount
        self.fileSystem = fileSystem
    }

    /// Grows the reserve to its full size, if there is room.
    package func refill() {
        held.withLock { held in
            guard held < byteCount else { return }
            held = resized(toFirstOf: [byteCount, held])
        }
    }

    /// Creates the reserve again if its file was deleted.
    package func restore() {
        held.withLock { held in
            guard held > 0, FilePath.kind(of: path) == .missing else { return }
            held = resized(toFirstOf: [byteCount])
        }
    }

    /// Runs `body`, which may write a little, while part of the reserve is freed.
    package func lend<Value: Sendable>(
        isolation: isolated (any Actor)? = #isolation,
        _ body: () async throws -> Value
    ) async rethrows -> Value {
        let before = held.withLock { held in
            defer { held = resized(toFirstOf: [max(0, held - Self.loanBytes)]) }
            return held
        }
        defer {
            // The space that the commit used is missing from the reserve until the disk has room.
            held.withLock { held in
                guard held < before else { return }
                held = resized(toFirstOf: [before, before - Self.loanBytes / 4, before - Self.loanBytes / 2, held])
            }
        }
        return try await body()
    }

    /// Frees the whole reserve.
    package func remove() {
        held.withLock { held in
            held = 0
            try? fileSystem.unlink(path)
        }
    }

    /// Resizes the file to the first of `sizes` that fits, and returns its size.
    private func resized(toFirstOf sizes: [Int]) -> Int {
        guard let descriptor = try? fileSystem.openFile(path) else { return 0 }
        defer { fileSystem.closeFile(descriptor) }
        for size in sizes where size >= 0 {
            guard size > 0 else { break }
            // Truncate first: the space that a failed allocation got must not stay.
            guard (try? fileSystem.truncate(descriptor, byteCount: size, path: path)) != nil else { break }
            if (try? fileSystem.allocate(descriptor, byteCount: size, path: path)) != nil { return size }
        }
        try? fileSystem.truncate(descriptor, byteCount: 0, path: path)
        return 0
    }
}
