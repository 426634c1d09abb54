package import MarketModel
import Synchronization

/// Holds the token of one feed in memory, and has another before it ends.
///
/// A token whose end is not known is obtained for every connection.
package final class TokenKeeper: Sendable {
    /// A renewal that failed is retried after this time.
    static let retryDelay = Duration.seconds(10)

    private struct State {
        var token: AccessToken?
        /// Counts renewals of tokens that had an end.
        var generation = 0
        var retryAt: UnixNanoseconds?
    }

    private let state = Mutex(State())
    private let obtain: @Sendable () async throws -> AccessToken
    private let now: @Sendable () -> UnixNanoseconds

    /// - Parameters:
    ///   - now: The wall clock, which the ends of tokens go by.
    ///   - obtain: Asks for a token; its errors name no secret.
    package init(
        now: @escaping @Sendable () -> UnixNanoseconds,
        obtain: @escaping @Sendable () async throws -> AccessToken
    ) {
        self.now = now
        self.obtain = obtain
    }

    /// The token for a connection that is about to be made.
    ///
    /// If a new one cannot be had, the present one goes on for as long as it lives.
    package func token() async throws -> AccessToken {
        let kept = state.withLock(\.token)
        if let kept, let renewAt = kept.renewAt, now() < renewAt { return kept }
        do { return try await renew() } catch {
            guard let kept, let expiry = kept.expiry, now() < expiry else { throw error }
            return kept
        }
    }

    /// The venue refused the token: the next connection needs another one, however long this one was to live.
    package func forget() {
        state.withLock { $0.token = nil }
    }

    /// Rises when a token was replaced before its end.
    package var generation: Int { state.withLock(\.generation) }

    /// Renews the token each time it is about to end, until the task is cancelled.
    ///
    /// `report` is called for renewals that failed.
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
                report("access could not be renewed: \(error)" + (end.map { "; it ends at \($0)" } ?? ""))
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

/// What a recorder does for a feed's access while it records.
package struct FeedAccess: Sendable {
    private let keeper: TokenKeeper
    /// True if a connection is replaced when its token is renewed.
    private let replacesConnections: Bool

    package init(_ keeper: TokenKeeper, replacesConnections: Bool) {
        self.keeper = keeper
        self.replacesConnections = replacesConnections
    }

    /// Rises when open connections have to be replaced by others with a newer token.
    var generation: Int { replacesConnections ? keeper.generation : 0 }

    /// The venue refused what the connection was opened with.
    func refused() { keeper.forget() }

    /// Renews the token while the feed goes on.
    func run(clock: any Clock<Duration>, report: @Sendable (String) -> Void) async {
        await keeper.run(clock: clock, report: report)
    }
}
