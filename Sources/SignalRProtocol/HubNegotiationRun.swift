/// One negotiation from the first request to a URL to connect to, including redirects; the caller does the I/O.
package struct HubNegotiationRun: Sendable {
    package enum Step: Hashable, Sendable {
        /// Send a POST with an empty body to this URL (`ws` means `http` and `wss` means `https`), and pass the
        /// response to ``receive(status:body:)``.
        case post(url: String)
        /// Connect to this hub with this `id`.
        case connect(HubURL, id: String)
    }

    /// Most redirects that are followed, as in the official clients.
    package static let redirectsMax = 100

    /// The token to send from now on: from the last redirect that had one, or else the caller's.
    package private(set) var accessToken: String?
    private let hubProtocol: HubProtocol
    private var hub: HubURL
    private var redirectCount = 0

    package init(hub: HubURL, accessToken: String?, hubProtocol: HubProtocol = .json) {
        self.hub = hub
        self.accessToken = accessToken
        self.hubProtocol = hubProtocol
    }

    /// The first step.
    package var firstStep: Step { .post(url: hub.negotiateURL) }

    /// The next step after a response.
    package mutating func receive(status: Int, body: [UInt8]) throws(HubNegotiationError) -> Step {
        guard status == 200 else { throw refusal(status) }
        let answer = body.withUnsafeBytes { body in
            Result { () throws(HubNegotiationError) in try HubNegotiateAnswer(body) }
        }
        switch try answer.get() {
        case .redirect(let url, let accessToken):
            try follow(url, accessToken)
            return firstStep
        case .connect(let id, let transferFormats):
            guard let transferFormats else {
                throw HubNegotiationError(.noTransport, "the hub at \(place) does not offer WebSockets")
            }
            if hubProtocol == .messagePack, !transferFormats.contains("Binary") {
                let detail = "the hub at \(place) offers no binary messages, which messagepack needs"
                throw HubNegotiationError(.noTransport, detail)
            }
            return .connect(hub, id: id)
        }
    }

    private mutating func follow(_ url: String, _ accessToken: String?) throws(HubNegotiationError) {
        redirectCount += 1
        guard redirectCount <= Self.redirectsMax else {
            let detail = "the hub redirected more than \(Self.redirectsMax) times"
            throw HubNegotiationError(.tooManyRedirects, detail)
        }
        guard let target = HubURL(url) else {
            throw HubNegotiationError(.malformed, "the hub at \(place) redirected to an invalid URL")
        }
        // Otherwise the token would be sent in clear text.
        guard target.isSecure || !hub.isSecure else {
            throw HubNegotiationError(.malformed, "the hub at \(place) redirected from TLS to a URL without TLS")
        }
        hub = target
        if let accessToken { self.accessToken = accessToken }
    }

    private func refusal(_ status: Int) -> HubNegotiationError {
        let meaning =
            switch status {
            case 401: "401 Unauthorized: it requires a token, or a different one"
            case 403: "403 Forbidden: the token does not allow it"
            case 404: "404 Not Found: there is no hub at this path"
            case 300..<400: "\(status), a redirect; redirects are not followed"
            default: "status \(status)"
            }
        return HubNegotiationError(.status(status), "the hub at \(place) answered the negotiation with \(meaning)")
    }

    /// The hub without its query, which may contain secrets.
    private var place: String { "\(hub.authority)\(hub.path)" }
}
