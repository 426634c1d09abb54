import Archive
import Synchronization

/// What there is to seal.
enum LeftFiles: Sendable {
    /// A file that has just been left.
    case writer(ArchiveWriter)
    /// Those that could not be sealed before.
    case held
}

/// Files that could not be sealed yet: somebody reads them, or the disk does not let us.
final class HeldFiles: Sendable {
    /// How long a file stays alone between two attempts.
    static let interval = Duration.seconds(10)

    private struct State {
        var paths: [String] = []
        var triedAt: Duration?
    }

    private let state = Mutex(State())

    func hold(_ paths: [String]) {
        state.withLock { $0.paths += paths }
    }

    /// Hands out all of them; those that are still held are to be given back.
    func take() -> [String] {
        state.withLock { state in
            defer { state.paths.removeAll() }
            return state.paths
        }
    }

    /// True once per interval while there are any.
    func isDue(at uptime: Duration) -> Bool {
        state.withLock { state in
            guard !state.paths.isEmpty else { return false }
            if let last = state.triedAt, uptime - last < Self.interval { return false }
            defer { state.triedAt = uptime }
            // The first time is no attempt: what was just found to be held still is.
            return state.triedAt != nil
        }
    }
}
