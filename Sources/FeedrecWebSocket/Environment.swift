import Transport

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The environment variables that name proxies.
enum Environment {
    /// The value of a variable of this process; `nil` if it is not set.
    static let variable: @Sendable (String) -> String? = { name in getenv(name).map { String(cString: $0) } }

    /// Passes the set variables to ``ProxySettings/fromEnvironment(_:)``.
    static func proxies(_ variable: (String) -> String?) throws(TransportError) -> ProxySettings {
        var values: [String: String] = [:]
        for name in ["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY", "REQUEST_METHOD"] {
            for spelling in [name, name.lowercased()] { values[spelling] = variable(spelling) }
        }
        return try ProxySettings.fromEnvironment(values)
    }
}
