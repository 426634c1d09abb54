import COpenSSL
import Synchronization

/// Sessions that a client may resume, which saves it a round trip (TLS 1.2) and the server a signature.
///
/// A resumed session is not verified again. Sessions are therefore kept per ``TLSContext``, which defines what is
/// trusted. To resume, connect with the same context; an equal configuration is not enough.
package final class TLSSessionCache: Sendable {
    struct Key: Hashable {
        let contextNumber: UInt64
        let host: String
        let port: Int
    }

    private struct Entry {
        /// Oldest first.
        var sessions: [TLSSession] = []
        var lastUse: UInt64 = 0
    }

    private struct State {
        var entries: [Key: Entry] = [:]
        var uses: UInt64 = 0
    }

    private let hostsMax: Int
    private let sessionsPerHostMax: Int
    private let state = Mutex(State())

    /// Keeps the newest sessions of the most recently used hosts; at least one of each.
    package init(hostsMax: Int = 64, sessionsPerHostMax: Int = 4) {
        precondition(hostsMax > 0 && sessionsPerHostMax > 0, "a session cache holds at least one session")
        self.hostsMax = hostsMax
        self.sessionsPerHostMax = sessionsPerHostMax
    }

    /// Number of sessions held.
    package var count: Int { state.withLock { $0.entries.values.reduce(0) { $0 + $1.sessions.count } } }

    package func removeAll() { state.withLock { $0.entries.removeAll() } }

    func add(_ session: TLSSession, for key: Key) {
        state.withLock { state in
            if state.entries[key] == nil, state.entries.count >= hostsMax { Self.removeOldest(from: &state) }
            state.uses += 1
            var entry = state.entries[key] ?? Entry()
            entry.lastUse = state.uses
            if entry.sessions.count >= sessionsPerHostMax { entry.sessions.removeFirst() }
            entry.sessions.append(session)
            state.entries[key] = entry
        }
    }

    /// Takes the newest session; a TLS 1.3 session is used only once, so that connections cannot be linked (RFC 8446
    /// §C.4).
    func take(for key: Key) -> TLSSession? {
        state.withLock { state in
            guard var entry = state.entries[key], let newest = entry.sessions.last else { return nil }
            state.uses += 1
            entry.lastUse = state.uses
            if newest.isForOneUse { entry.sessions.removeLast() }
            state.entries[key] = entry.sessions.isEmpty ? nil : entry
            return newest
        }
    }

    func remove(_ key: Key) { state.withLock { $0.entries[key] = nil } }

    private static func removeOldest(from state: inout State) {
        guard let oldest = state.entries.min(by: { $0.value.lastUse < $1.value.lastUse }) else { return }
        state.entries[oldest.key] = nil
    }
}

/// A copy of an `SSL_SESSION` that no connection uses.
///
/// `@unchecked Sendable`: it is only copied from. The copy is needed because OpenSSL makes a connection's own session
/// unusable if the connection ends without close_notify.
final class TLSSession: @unchecked Sendable {
    private let pointer: OpaquePointer

    init?(copying session: OpaquePointer) {
        guard SSL_SESSION_is_resumable(session) == 1, let copy = SSL_SESSION_dup(session) else { return nil }
        pointer = copy
    }

    deinit { SSL_SESSION_free(pointer) }

    var isForOneUse: Bool { SSL_SESSION_get_protocol_version(pointer) >= TLS1_3_VERSION }

    /// Makes the handshake of `ssl` offer the session.
    func offer(in ssl: OpaquePointer) {
        guard let copy = SSL_SESSION_dup(pointer) else { return }
        SSL_set_session(ssl, copy)
        SSL_SESSION_free(copy)
    }
}
