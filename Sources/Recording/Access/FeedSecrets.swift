import Synchronization

/// The secrets of a feed, including those learned while it runs: tokens are renewed, and redirects bring new ones.
package final class FeedSecrets: Sendable {
    /// Beyond this number, the least recently used secret is dropped.
    private static let countMax = 64

    private let latest: Mutex<[String]>
    private let learned: @Sendable (String) -> Void

    /// Starts with `texts`; `learned` is called with every new secret.
    package init(_ texts: [String] = [], learned: @escaping @Sendable (String) -> Void = { _ in }) {
        latest = Mutex(texts)
        self.learned = learned
    }

    /// Keeps `secret` out of all texts from now on.
    package func add(_ secret: String?) {
        guard let secret, !secret.isEmpty else { return }
        let isNew = latest.withLock { latest in
            let place = latest.firstIndex(of: secret)
            if let place { latest.remove(at: place) }
            if latest.count == Self.countMax { latest.removeFirst() }
            latest.append(secret)
            return place == nil
        }
        if isNew { learned(secret) }
    }

    package var texts: [String] { latest.withLock(\.self) }
}
