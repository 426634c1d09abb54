import Archive
import Synchronization

/// Work for the sealing task.
enum LeftFiles: Sendable {
    /// A file that the recording has just left.
    case writer(ArchiveWriter)
    /// The files that could not be sealed before.
    case held
}

/// Files that cannot be sealed yet, because a reader has them open or the disk does not allow it.
final class HeldFiles: Sendable {
    /// The wait between two attempts to seal.
    static let interval = Duration.seconds(10)

    private struct State {
        var paths: [String] = []
        var triedAt: Duration?
    }

    private let state = Mutex(State())

    func hold(_ paths: [String]) {
        state.withLock { $0.paths += paths }
    }

    /// Returns all held files and empties the list; the caller puts back those that still cannot be sealed.
    func take() -> [String] {
        state.withLock { state in
            defer { state.paths.removeAll() }
            return state.paths
        }
    }

    /// True once per interval while there are any files.
    func isDue(at uptime: Duration) -> Bool {
        state.withLock { state in
            guard !state.paths.isEmpty else { return false }
            if let last = state.triedAt, uptime - last < Self.interval { return false }
            defer { state.triedAt = uptime }
            // The first call only starts the interval: a file was tried just before it was added.
            return state.triedAt != nil
        }
    }
}
