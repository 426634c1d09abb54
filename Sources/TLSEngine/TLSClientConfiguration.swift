import COpenSSL

/// A client's TLS settings, for any host.
package struct TLSClientConfiguration: Sendable {
    package var trust: TLSContext.Trust
    /// Sent to servers that ask for a certificate.
    package var identity: TLSIdentity?
    /// If not empty, the server's own certificate must match one of them, and also be trusted.
    package var pins: [TLSPin]
    /// The lowest version accepted, and the highest offered.
    package var minimumVersion: TLSVersion
    package var maximumVersion: TLSVersion

    package init(
        trust: TLSContext.Trust = .system,
        identity: TLSIdentity? = nil,
        pins: [TLSPin] = [],
        minimumVersion: TLSVersion = .v1_2,
        maximumVersion: TLSVersion = .v1_3
    ) {
        self.trust = trust
        self.identity = identity
        self.pins = pins
        self.minimumVersion = minimumVersion
        self.maximumVersion = maximumVersion
    }

    func apply(to context: OpaquePointer) throws(TLSError) {
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER, pins.isEmpty ? nil : TLSConnection.verifyPins)
        switch trust {
        case .system:
            try TLSContext.check(
                SSL_CTX_set_default_verify_paths(context),
                "cannot use the system's trust store"
            )
        case .caFile(let path): try TLSContext.trust(caFile: path, in: context)
        }
        try identity?.use(inContext: context)
        try ApplicationProtocol.offer(in: context)
    }
}
