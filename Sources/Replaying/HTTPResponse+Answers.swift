import Transport
import WebSocketProtocol

extension HTTPResponse {
    static let notFound = HTTPResponse(status: 404, text: "not found")
    static let unauthorized = HTTPResponse(status: 401, text: "a valid token is needed")

    static let foreignOrigin = HTTPResponse(status: 403, text: "pages of this origin are not allowed")

    /// A JSON answer with status 200.
    init(json: String) {
        self.init(
            status: 200,
            headers: HTTPHeaders([("Content-Type", "application/json")]),
            body: Array(json.utf8)
        )
    }

    /// Allows pages of the request's origin to read the answer with credentials, as SignalR's browser clients require.
    ///
    /// Call it only for admitted origins. `*` is not enough, because the clients send credentials.
    func allowingOrigin(of request: HTTPRequestHead) -> HTTPResponse {
        guard let origin = request.headers["Origin"] else { return self }
        var response = self
        response.headers.append("Access-Control-Allow-Origin", origin)
        response.headers.append("Access-Control-Allow-Credentials", "true")
        response.headers.append("Vary", "Origin")
        if request.method == "OPTIONS" {
            response.headers.append("Access-Control-Allow-Methods", "GET, POST, OPTIONS")
            response.headers.append(
                "Access-Control-Allow-Headers",
                "authorization, x-requested-with, x-signalr-user-agent, content-type"
            )
        }
        return response
    }
}
