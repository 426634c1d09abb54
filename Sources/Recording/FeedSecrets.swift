import Synchronization

/// Secrets that a feed was connected with, learned on the way: tokens change, and a redirect brings another.
package final class FeedSecrets: Sendable {
    /// Older ones are forgotten.
    private static let countMax = 16

    private let latest: Mutex<[String]>

    package init(_ texts: [String] = []) {
        latest = Mutex(texts)
    }

    /// Keeps `secret` out of everything from now on.
    package func add(_ secret: String?) {
        guard let secret, !secret.isEmpty else { return }
        latest.withLock { latest in
            if latest.contains(secret) { return }
            if latest.count == Self.countMax { latest.removeFirst() }
            latest.append(secret)
        }
    }

    package var texts: [String] { latest.withLock(\.self) }
}
