package import MarketModel
import Synchronization

/// Holds the token of one feed in memory and renews it before it expires.
///
/// A token with an unknown expiry is obtained again for every connection.
package final class TokenKeeper: Sendable {
    /// A failed renewal is retried after this time.
    static let retryDelay = Duration.seconds(10)

    private struct State {
        var token: AccessToken?
        /// Counts the renewals of tokens that had an expiry.
        var generation = 0
        var retryAt: UnixNanoseconds?
    }

    private let state = Mutex(State())
    private let obtain: @Sendable () async throws -> AccessToken
    private let now: @Sendable () -> UnixNanoseconds

    /// - Parameters:
    ///   - now: The wall clock, which decides when tokens expire.
    ///   - obtain: Obtains a token; its errors contain no secret.
    package init(
        now: @escaping @Sendable () -> UnixNanoseconds,
        obtain: @escaping @Sendable () async throws -> AccessToken
    ) {
        self.now = now
        self.obtain = obtain
    }

    /// The token for a new connection.
    ///
    /// If a new token cannot be obtained, the present one is used until it expires.
    package func token() async throws -> AccessToken {
        let kept = state.withLock(\.token)
        if let kept, let renewAt = kept.renewAt, now() < renewAt { return kept }
        do { return try await renew() } catch {
            guard let kept, let expiry = kept.expiry, now() < expiry else { throw error }
            return kept
        }
    }

    /// Discards a token that the venue refused, whatever its expiry: the next connection needs a new one.
    package func forget() {
        state.withLock { $0.token = nil }
    }

    /// Increases each time a token was replaced before its expiry.
    package var generation: Int { state.withLock(\.generation) }

    /// Renews the token each time it is about to expire, until the task is cancelled.
    ///
    /// `report` is called for failed renewals.
    package func run(clock: any Clock<Duration>, report: @Sendable (String) -> Void) async {
        while (try? await clock.sleep(for: .seconds(1), tolerance: nil)) != nil {
            guard isDue else { continue }
            do { _ = try await renew() } catch is CancellationError {
                return
            } catch {
                let end = state.withLock { state in
                    state.retryAt = now().advanced(by: Self.retryDelay)
                    return state.token?.expiry
                }
                report("access could not be renewed: \(error)" + (end.map { "; it expires at \($0)" } ?? ""))
            }
        }
    }

    private var isDue: Bool {
        let time = now()
        return state.withLock { state in
            guard let renewAt = state.token?.renewAt, time >= renewAt else { return false }
            return state.retryAt.map { time >= $0 } ?? true
        }
    }

    private func renew() async throws -> AccessToken {
        let token = try await obtain()
        state.withLock { state in
            if state.token?.expiry != nil { state.generation += 1 }
            state.token = token
            state.retryAt = nil
        }
        return token
    }
}

/// A recorder's access to a feed's token while it records.
package struct FeedAccess: Sendable {
    private let keeper: TokenKeeper
    /// True if a renewed token requires a new connection.
    private let replacesConnections: Bool

    package init(_ keeper: TokenKeeper, replacesConnections: Bool) {
        self.keeper = keeper
        self.replacesConnections = replacesConnections
    }

    /// Increases when open connections must be replaced by ones with a newer token.
    var generation: Int { replacesConnections ? keeper.generation : 0 }

    /// Notes that the venue refused the token of a connection.
    func refused() { keeper.forget() }

    /// Renews the token while the feed runs.
    func run(clock: any Clock<Duration>, report: @Sendable (String) -> Void) async {
        await keeper.run(clock: clock, report: report)
    }
}
