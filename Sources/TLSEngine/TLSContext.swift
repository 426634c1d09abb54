import COpenSSL
import Synchronization

/// What many TLS connections share: the role, trusted certificates and our own.
///
/// TLS 1.2 is the lowest version, 112 bits the lowest security: no SHA-1 signatures, no RSA keys below 2048 bits. There
/// is no renegotiation and no compression. Making one reads files, so keep it for further connections.
///
/// `@unchecked Sendable`: the `SSL_CTX` is never changed after `init`, and OpenSSL counts its references atomically.
package final class TLSContext: @unchecked Sendable {
    /// Whose signatures a client believes.
    package enum Trust: Hashable, Sendable {
        /// The system's store, or what `SSL_CERT_FILE` and `SSL_CERT_DIR` name.
        case system
        /// The certificates in a PEM file and no others; they need not be self-signed roots.
        case caFile(String)
    }

    package enum Role: Sendable {
        case client
        case server
    }

    /// What only one of the roles has.
    enum Settings {
        case client(TLSClientConfiguration, TLSSessionCache?)
        case server(TLSServerConfiguration)
    }

    let settings: Settings
    let pointer: OpaquePointer
    /// Tells contexts apart in a session cache that several share.
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
        // Chains are sent as they stand in the file, not made up from what we trust.
        feedrec_SSL_CTX_set_mode(pointer, Int(SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_NO_AUTO_CHAIN))
        feedrec_SSL_CTX_disable_session_cache(pointer)
        feedrec_SSL_CTX_forbid_renegotiation(pointer)
    }

    deinit { SSL_CTX_free(pointer) }

    /// A client that verifies the peer's certificate; ``TLSError/Code-swift.enum/configuration`` for an unusable file.
    ///
    /// With a `sessionCache`, connections to the same host and port resume sessions.
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

    /// A client with nothing but the defaults of ``TLSClientConfiguration``.
    package static func client(trust: Trust) throws(TLSError) -> TLSContext {
        try client(TLSClientConfiguration(trust: trust))
    }

    /// A server; ``TLSError/Code-swift.enum/configuration`` for an unusable file.
    package static func server(_ configuration: TLSServerConfiguration) throws(TLSError) -> TLSContext {
        let versions = (configuration.minimumVersion, configuration.maximumVersion)
        let context = try TLSContext(.server(configuration), versions: versions)
        try configuration.apply(to: context.pointer)
        return context
    }

    /// A server that asks for no client certificate.
    ///
    /// `certificateFile` holds the certificate and its chain, leaf first, `keyFile` its unencrypted private key, both PEM.
    package static func server(certificateFile: String, keyFile: String) throws(TLSError) -> TLSContext {
        let identity = try TLSServerIdentity(certificateFile: certificateFile, keyFile: keyFile)
        return try server(TLSServerConfiguration(identity: identity))
    }

    /// To 2 (112 bits), where the system's configuration does not ask for more.
    static func raiseSecurityLevel(of context: OpaquePointer) {
        SSL_CTX_set_security_level(context, max(SSL_CTX_get_security_level(context), 2))
    }

    static func check(_ result: Int32, _ attempt: String) throws(TLSError) {
        guard result == 1 else { throw .configuration(attempt) }
    }

    /// Trusts the certificates in a PEM file, roots or not.
    static func trust(caFile path: String, in context: OpaquePointer) throws(TLSError) {
        try check(SSL_CTX_load_verify_file(context, path), "cannot use the CA file '\(path)'")
        X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(context), UInt(X509_V_FLAG_PARTIAL_CHAIN))
    }
}
