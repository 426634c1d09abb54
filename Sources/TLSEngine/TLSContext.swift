import COpenSSL
import Synchronization

/// State shared by many TLS connections: the role, the trusted certificates and our own.
///
/// The lowest version is TLS 1.2 and the lowest security level 112 bits: no SHA-1 signatures, no RSA keys below 2048
/// bits. Renegotiation and compression are off. Making a context reads files, so reuse it.
///
/// `@unchecked Sendable`: the `SSL_CTX` is not changed after `init`, and OpenSSL counts its references atomically.
package final class TLSContext: @unchecked Sendable {
    /// Whose signatures a client trusts.
    package enum Trust: Hashable, Sendable {
        /// The system's store, or the files in `SSL_CERT_FILE` and `SSL_CERT_DIR`.
        case system
        /// Only the certificates in this PEM file; they need not be self-signed roots.
        case caFile(String)
    }

    package enum Role: Sendable {
        case client
        case server
    }

    /// Settings of one role.
    enum Settings {
        case client(TLSClientConfiguration, TLSSessionCache?)
        case server(TLSServerConfiguration)
    }

    let settings: Settings
    let pointer: OpaquePointer
    /// Identifies the context in a session cache that several contexts share.
    let number: UInt64

    private static let count = Atomic<UInt64>(0)

    package var role: Role {
        switch settings {
        case .client: .client
        case .server: .server
        }
    }

    private init(_ settings: Settings, versions: (min: TLSVersion, max: TLSVersion)) throws(TLSError) {
        OpenSSLErrors.clear()
        guard let pointer = SSL_CTX_new(TLS_method()) else { throw .configuration("cannot set up TLS") }
        self.settings = settings
        self.pointer = pointer
        number = Self.count.add(1, ordering: .relaxed).newValue
        try Self.check(
            feedrec_SSL_CTX_set_min_proto_version(pointer, versions.min.number),
            "cannot use \(versions.min)"
        )
        try Self.check(
            feedrec_SSL_CTX_set_max_proto_version(pointer, versions.max.number),
            "cannot use \(versions.max)"
        )
        Self.raiseSecurityLevel(of: pointer)
        // SSL_MODE_RELEASE_BUFFERS is left out: it costs 7 % when receiving small records.
        // Chains are sent as they are in the file, and not built from our trusted certificates.
        feedrec_SSL_CTX_set_mode(pointer, Int(SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_NO_AUTO_CHAIN))
        feedrec_SSL_CTX_disable_session_cache(pointer)
        feedrec_SSL_CTX_forbid_renegotiation(pointer)
    }

    deinit { SSL_CTX_free(pointer) }

    /// Makes a client that verifies the peer's certificate.
    ///
    /// With a `sessionCache`, connections to the same host and port resume sessions.
    ///
    /// - Throws: ``TLSError/Code-swift.enum/configuration`` for an unusable file.
    package static func client(
        _ configuration: TLSClientConfiguration,
        sessionCache: TLSSessionCache? = nil
    ) throws(TLSError) -> TLSContext {
        let versions = (configuration.minimumVersion, configuration.maximumVersion)
        let context = try TLSContext(.client(configuration, sessionCache), versions: versions)
        try configuration.apply(to: context.pointer)
        if sessionCache == nil {
            feedrec_SSL_CTX_forbid_tickets(context.pointer)
        } else {
            TLSConnection.reportSessions(of: context.pointer)
        }
        return context
    }

    /// Makes a client with the other defaults of ``TLSClientConfiguration``.
    package static func client(trust: Trust) throws(TLSError) -> TLSContext {
        try client(TLSClientConfiguration(trust: trust))
    }

    /// Makes a server; throws ``TLSError/Code-swift.enum/configuration`` for an unusable file.
    package static func server(_ configuration: TLSServerConfiguration) throws(TLSError) -> TLSContext {
        let versions = (configuration.minimumVersion, configuration.maximumVersion)
        let context = try TLSContext(.server(configuration), versions: versions)
        try configuration.apply(to: context.pointer)
        return context
    }

    /// Makes a server that does not ask for client certificates.
    ///
    /// `certificateFile` holds the certificate and its chain, leaf first; `keyFile` holds its unencrypted private key.
    /// Both are PEM files.
    package static func server(certificateFile: String, keyFile: String) throws(TLSError) -> TLSContext {
        let identity = try TLSServerIdentity(certificateFile: certificateFile, keyFile: keyFile)
        return try server(TLSServerConfiguration(identity: identity))
    }

    /// Raises the level to 2 (112 bits), unless the system's configuration has a higher one.
    static func raiseSecurityLevel(of context: OpaquePointer) {
        SSL_CTX_set_security_level(context, max(SSL_CTX_get_security_level(context), 2))
    }

    static func check(_ result: Int32, _ attempt: String) throws(TLSError) {
        guard result == 1 else { throw .configuration(attempt) }
    }

    /// Trusts the certificates in a PEM file, whether roots or not.
    static func trust(caFile path: String, in context: OpaquePointer) throws(TLSError) {
        try check(SSL_CTX_load_verify_file(context, path), "cannot use the CA file '\(path)'")
        X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(context), UInt(X509_V_FLAG_PARTIAL_CHAIN))
    }
}
