import Synchronization
package import TextEncoding

/// The secrets of a feed, including those learned while it runs: tokens are renewed, requests are signed, and redirects
/// bring new ones.
package final class FeedSecrets: Sendable {
    private let latest: Mutex<KnownSecrets>
    private let additions = Atomic<Int>(0)
    private let learned: @Sendable (String) -> Void

    /// Starts with `secrets`; `learned` is called with every secret that is added, also if it is not new.
    package init(_ secrets: [String] = [], learned: @escaping @Sendable (String) -> Void = { _ in }) {
        latest = Mutex(KnownSecrets(secrets))
        self.learned = learned
    }

    /// Keeps `secret` out of all texts and messages from now on.
    ///
    /// A secret that is still in use must be added again from time to time, because the oldest are dropped.
    package func add(_ secret: String?) {
        guard let secret else { return }
        let isNew = latest.withLock { $0.add(secret) }
        if isNew { additions.add(1, ordering: .releasing) }
        learned(secret)
    }

    package var known: KnownSecrets { latest.withLock(\.self) }

    /// Grows whenever ``known`` gets a new secret; reading it takes no lock.
    package var version: Int { additions.load(ordering: .acquiring) }
}
