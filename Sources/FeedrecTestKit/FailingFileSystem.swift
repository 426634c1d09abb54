package import Archive
import Synchronization

/// The machine's file system with injected failures: of the n-th call of some kinds, or of all calls under a condition.
package final class FailingFileSystem: FileSystem {
    package enum Call: Hashable, Sendable, CaseIterable {
        case open, allocate, map, sync, syncDirectory, rename, unlink, commit
    }

    private struct State {
        /// Calls that still succeed.
        var left: Int
        var hasFired = false
    }

    private let system = SystemFileSystem()
    private let calls: Set<Call>
    private let code: ArchiveError.Code
    /// Whether every later call fails too.
    private let isLasting: Bool
    private let condition: (@Sendable () -> Bool)?
    private let state: Mutex<State>

    /// Fails call `number`, counted from 1 over all `calls`, and if `isLasting` also all later ones.
    package init(_ calls: Set<Call>, number: Int, code: ArchiveError.Code = .ioFailed, isLasting: Bool = false) {
        self.calls = calls
        self.code = code
        self.isLasting = isLasting
        condition = nil
        state = Mutex(State(left: number - 1))
    }

    /// Fails every call of `calls` while `condition` returns true.
    package init(_ calls: Set<Call>, code: ArchiveError.Code, while condition: @escaping @Sendable () -> Bool) {
        self.calls = calls
        self.code = code
        isLasting = true
        self.condition = condition
        state = Mutex(State(left: 0))
    }

    /// True once a call has failed.
    package var hasFired: Bool { state.withLock(\.hasFired) }

    /// Makes calls fail from now on.
    package func breakDown() {
        state.withLock { $0.left = 0 }
    }

    /// Makes every call succeed from now on.
    package func heal() {
        state.withLock { $0.left = .max }
    }

    private func check(_ call: Call, _ path: String) throws(ArchiveError) {
        guard calls.contains(call), condition?() != false else { return }
        let fails = state.withLock { state in
            if state.left == .max { return false }
            if state.left > 0 {
                state.left -= 1
                return false
            }
            let fails = isLasting || !state.hasFired
            state.hasFired = true
            return fails
        }
        if fails { throw ArchiveError(code: code, path: path, detail: "cannot \(call) '\(path)': injected") }
    }

    package func openFile(_ path: String) throws(ArchiveError) -> Int32 {
        try check(.open, path)
        return try system.openFile(path)
    }

    package func closeFile(_ descriptor: Int32) { system.closeFile(descriptor) }

    package func allocate(_ descriptor: Int32, byteCount: Int, path: String) throws(ArchiveError) {
        try check(.allocate, path)
        try system.allocate(descriptor, byteCount: byteCount, path: path)
    }

    package func truncate(_ descriptor: Int32, byteCount: Int, path: String) throws(ArchiveError) {
        try system.truncate(descriptor, byteCount: byteCount, path: path)
    }

    package func map(_ descriptor: Int32, byteCount: Int, path: String) throws(ArchiveError)
        -> UnsafeMutableRawPointer
    {
        try check(.map, path)
        return try system.map(descriptor, byteCount: byteCount, path: path)
    }

    package func unmap(_ memory: UnsafeMutableRawPointer, byteCount: Int) {
        system.unmap(memory, byteCount: byteCount)
    }

    package func sync(_ descriptor: Int32, path: String) throws(ArchiveError) {
        try check(.sync, path)
        try system.sync(descriptor, path: path)
    }

    package func syncDirectory(_ path: String) throws(ArchiveError) {
        try check(.syncDirectory, path)
        try system.syncDirectory(path)
    }

    package func read(_ path: String) throws(ArchiveError) -> [UInt8] { try system.read(path) }

    package func rename(_ path: String, to other: String) throws(ArchiveError) {
        try check(.rename, path)
        try system.rename(path, to: other)
    }

    package func unlink(_ path: String) throws(ArchiveError) {
        try check(.unlink, path)
        try system.unlink(path)
    }

    package func names(in directory: String) throws(ArchiveError) -> [String] { try system.names(in: directory) }

    package func createDirectory(_ path: String) throws(ArchiveError) { try system.createDirectory(path) }

    package func removeDirectory(_ path: String) { system.removeDirectory(path) }

    package func willCommit(_ path: String) throws(ArchiveError) { try check(.commit, path) }
}
