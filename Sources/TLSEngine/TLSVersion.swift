import COpenSSL

/// The supported versions of TLS; older ones are never used (RFC 8996).
package enum TLSVersion: String, Hashable, Sendable, CaseIterable, CustomStringConvertible {
    case v1_2 = "TLSv1.2"
    case v1_3 = "TLSv1.3"

    package var description: String { rawValue }

    /// The version's number on the wire.
    var number: Int32 {
        switch self {
        case .v1_2: TLS1_2_VERSION
        case .v1_3: TLS1_3_VERSION
        }
    }
}
