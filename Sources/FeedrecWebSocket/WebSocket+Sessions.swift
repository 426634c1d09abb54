import Synchronization
import TLSEngine

extension WebSocket {
    /// TLS sessions that later connections resume (RFC 8446 §2.2), which saves the server's signature and a
    /// verification.
    ///
    /// Put the same value into the ``Options`` of several connections, for example of all attempts to reconnect; it may
    /// be used from any task. It keeps up to 4 sessions for each of 64 hosts, separately per CA file, client
    /// certificate and pins. The files are read only once: use a new value for a renewed certificate.
    public final class Sessions: Sendable {
        struct Key: Hashable {
            let caFile: String?
            let clientCertificate: Options.CertificateFiles?
            let pins: [TLSPin]
        }

        private let cache = TLSSessionCache()
        private let contexts = Mutex<[Key: TLSContext]>([:])

        /// Starts without sessions.
        public init() {}

        /// Returns the context of connections with these options; the first of them makes it.
        func context(
            for key: Key,
            make: (TLSSessionCache) throws(TLSError) -> TLSContext
        ) throws(TLSError) -> TLSContext {
            if let context = contexts.withLock({ $0[key] }) { return context }
            // Outside the lock, because it reads files. If two race, the first one stays.
            let new = try make(cache)
            return contexts.withLock { contexts in
                let context = contexts[key] ?? new
                contexts[key] = context
                return context
            }
        }
    }
}
