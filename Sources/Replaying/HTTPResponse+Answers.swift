import Transport
import Venues
import WebSocketProtocol

extension HTTPResponse {
    /// The answer for a path that a server does not serve: which server this is, and which paths it serves.
    ///
    /// It is one line, because clients show it as the reason of a failed connection.
    static func notServed(by server: String, paths: [String]) -> HTTPResponse {
        let hint = paths.isEmpty ? "" : "; try " + paths.joined(separator: ", ")
        return HTTPResponse(status: 404, text: "this is \(server), which serves nothing at this path\(hint)")
    }

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

    /// The answer of a venue.
    init(_ answer: RESTAnswer) {
        var headers = HTTPHeaders([("Content-Type", "application/json")])
        for (name, value) in answer.headers.sorted(by: { $0.key < $1.key }) { headers.append(name, value) }
        self.init(status: answer.status, headers: headers, body: answer.body)
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
