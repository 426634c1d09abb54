import Synchronization

/// Secrets that a feed was connected with, learned on the way: tokens change, and a redirect brings another.
package final class FeedSecrets: Sendable {
    /// The ones that were not used for longest are forgotten.
    private static let countMax = 64

    private let latest: Mutex<[String]>
    private let learned: @Sendable (String) -> Void

    /// Begins with `texts`; `learned` is called with every secret that is new.
    package init(_ texts: [String] = [], learned: @escaping @Sendable (String) -> Void = { _ in }) {
        latest = Mutex(texts)
        self.learned = learned
    }

    /// Keeps `secret` out of everything from now on.
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
