/// One negotiation from its first request to a URL to connect to, redirects included; I/O is the caller's.
package struct HubNegotiationRun: Sendable {
    package enum Step: Hashable, Sendable {
        /// POST with an empty body to this URL, which begins with `ws` or `wss` for `http` and `https`, and give the
        /// answer to ``receive(status:body:)``.
        case post(url: String)
        /// Connect there with this `id`.
        case connect(HubURL, id: String)
    }

    /// Redirects that are followed at most, as by the official clients.
    package static let redirectsMax = 100

    /// The token to present from now on: that of the last redirect which had one, else the caller's.
    package private(set) var accessToken: String?
    private let hubProtocol: HubProtocol
    private var hub: HubURL
    private var redirectCount = 0

    package init(hub: HubURL, accessToken: String?, hubProtocol: HubProtocol = .json) {
        self.hub = hub
        self.accessToken = accessToken
        self.hubProtocol = hubProtocol
    }

    /// What to do first.
    package var firstStep: Step { .post(url: hub.negotiateURL) }

    /// What to do after an answer.
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
            let detail = "the hub sent us on more than \(Self.redirectsMax) times"
            throw HubNegotiationError(.tooManyRedirects, detail)
        }
        guard let target = HubURL(url) else {
            throw HubNegotiationError(.malformed, "the hub at \(place) sent us on to something that is no URL")
        }
        // The token would go over the wire in clear.
        guard target.isSecure || !hub.isSecure else {
            throw HubNegotiationError(.malformed, "the hub at \(place) sent us on from TLS to a place without")
        }
        hub = target
        if let accessToken { self.accessToken = accessToken }
    }

    private func refusal(_ status: Int) -> HubNegotiationError {
        let meaning =
            switch status {
            case 401: "401 Unauthorized: it wants a token, or another one"
            case 403: "403 Forbidden: the token does not allow it"
            case 404: "404 Not Found: there is no hub at this path"
            case 300..<400: "\(status), a redirect; redirects are not followed"
            default: "status \(status)"
            }
        return HubNegotiationError(.status(status), "the hub at \(place) answered the negotiation with \(meaning)")
    }

    /// The hub without its query, which may hold secrets.
    private var place: String { "\(hub.authority)\(hub.path)" }
}
