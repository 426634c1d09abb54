/// Why negotiation led to no connection.
package struct HubNegotiationError: Error, Hashable, CustomStringConvertible {
    package enum Code: Hashable, Sendable {
        /// An HTTP status other than 200.
        case status(Int)
        /// The server answered with an `error`.
        case refused
        /// It is ASP.NET SignalR 2, whose protocol is another one.
        case oldServer
        /// WebSockets, or binary messages over them, are not offered.
        case noTransport
        case tooManyRedirects
        /// The answer, or where it sends us, cannot be read or must not be followed.
        case malformed
    }

    package let code: Code
    /// One line in lower case without a full stop; never a token.
    package let description: String

    /// True if the hub answered, and its answer was no.
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
