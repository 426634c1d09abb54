import Synchronization

/// Room on the disk that a recorder keeps for the ledger of gaps: the file `.reserve` in its archive.
///
/// When the disk is full, a part of it is given back for the moment of one small commit, so that nobody else can have
/// taken it. Every call does what it can and fails in silence: without a reserve the ledger is written when there is room.
package final class LedgerReserve: Sendable {
    /// What one loan gives free: a commit of a few rows needs some pages of 4 KiB.
    private static let loanBytes = 256 << 10

    private let path: String
    private let byteCount: Int
    private let fileSystem: any FileSystem
    /// Bytes that the file has; one loan at a time.
    private let held = Mutex(0)

    /// The reserve of an archive, which has nothing before ``refill()``.
    package init(directory: String, byteCount: Int, fileSystem: any FileSystem = SystemFileSystem()) {
        path = FilePath.joined(directory, ".reserve")
        self.byteCount = byteCount
        self.fileSystem = fileSystem
    }

    /// Makes it as large as it shall be, where there is room.
    package func refill() {
        held.withLock { held in
            guard held < byteCount else { return }
            held = resized(toFirstOf: [byteCount, held])
        }
    }

    /// Makes it again if its file was deleted.
    package func restore() {
        held.withLock { held in
            guard held > 0, FilePath.kind(of: path) == .missing else { return }
            held = resized(toFirstOf: [byteCount])
        }
    }

    /// Runs `body`, which writes a little, with some of the reserve given back to the disk.
    package func lend<Value: Sendable>(
        isolation: isolated (any Actor)? = #isolation,
        _ body: () async throws -> Value
    ) async rethrows -> Value {
        let before = held.withLock { held in
            defer { held = resized(toFirstOf: [max(0, held - Self.loanBytes)]) }
            return held
        }
        defer {
            // What the commit took is gone from it, until the disk has room.
            held.withLock { held in
                guard held < before else { return }
                held = resized(toFirstOf: [before, before - Self.loanBytes / 4, before - Self.loanBytes / 2, held])
            }
        }
        return try await body()
    }

    /// Gives all of it back.
    package func remove() {
        held.withLock { held in
            held = 0
            try? fileSystem.unlink(path)
        }
    }

    /// Gives the file the first of the sizes that there is room for; returns its size.
    private func resized(toFirstOf sizes: [Int]) -> Int {
        guard let descriptor = try? fileSystem.openFile(path) else { return 0 }
        defer { fileSystem.closeFile(descriptor) }
        for size in sizes where size >= 0 {
            guard size > 0 else { break }
            // What a failed allocation has got so far must not stay.
            guard (try? fileSystem.truncate(descriptor, byteCount: size, path: path)) != nil else { break }
            if (try? fileSystem.allocate(descriptor, byteCount: size, path: path)) != nil { return size }
        }
        try? fileSystem.truncate(descriptor, byteCount: 0, path: path)
        return 0
    }
}
