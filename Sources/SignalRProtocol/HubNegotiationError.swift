/// Why a negotiation failed.
package struct HubNegotiationError: Error, Hashable, CustomStringConvertible {
    package enum Code: Hashable, Sendable {
        /// An HTTP status other than 200.
        case status(Int)
        /// The server's response contains an `error`.
        case refused
        /// The server uses ASP.NET SignalR 2, which is a different protocol.
        case oldServer
        /// WebSockets are not offered, or not with binary messages.
        case noTransport
        case tooManyRedirects
        /// The response cannot be parsed, or its redirect is invalid or must not be followed.
        case malformed
    }

    package let code: Code
    /// One line in lower case without a full stop; never contains a token.
    package let description: String

    /// True if the hub answered and refused.
    package var isRefusal: Bool {
        switch code {
        case .status, .refused, .oldServer, .noTransport: true
        case .tooManyRedirects, .malformed: false
        }
    }

    init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }
}
