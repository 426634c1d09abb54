import Synchronization
import TLSEngine

extension WebSocket {
    /// TLS sessions that later connections resume (RFC 8446 §2.2), which saves the server's signature and a verification.
    ///
    /// Put the same value into the ``Options`` of several connections, for example of all attempts to reconnect; from any
    /// task. It keeps up to 4 sessions of each of 64 hosts, apart for different authorities, client certificates and pins.
    /// Those files are read once for it: a certificate that is renewed needs a new value.
    public final class Sessions: Sendable {
        struct Key: Hashable {
            let caFile: String?
            let clientCertificate: Options.CertificateFiles?
            let pins: [TLSPin]
        }

        private let cache = TLSSessionCache()
        private let contexts = Mutex<[Key: TLSContext]>([:])

        /// Without any sessions yet.
        public init() {}

        /// The context of connections with these options, made by the first of them.
        func context(
            for key: Key,
            make: (TLSSessionCache) throws(TLSError) -> TLSContext
        ) throws(TLSError) -> TLSContext {
            if let context = contexts.withLock({ $0[key] }) { return context }
            // Outside the lock: it reads files. Of two that race the first one stays.
            let new = try make(cache)
            return contexts.withLock { contexts in
                let context = contexts[key] ?? new
                contexts[key] = context
                return context
            }
        }
    }
}
