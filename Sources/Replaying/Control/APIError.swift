import JSONScanning
import Transport
import WebSocketProtocol

/// The reason why a request to `/api` failed.
struct APIError: Error {
    let status: Int
    let code: String
    let message: String

    static func notFound(_ message: String) -> APIError { APIError(status: 404, code: "not_found", message: message) }
    static func badRequest(_ message: String) -> APIError {
        APIError(status: 400, code: "bad_command", message: message)
    }
    static let unreadable = APIError(status: 500, code: "unreadable", message: "the recording cannot be read")
    static let unauthorized = APIError(status: 401, code: "unauthorized", message: "a valid token is needed")
    static let forbidden = APIError(
        status: 403,
        code: "forbidden",
        message: "pages of this origin, or requests to this host name, are not allowed"
    )
    static let tooMany = APIError(status: 429, code: "too_many", message: "too many requests; try again in a second")

    static func methodNotAllowed(_ allowed: String) -> APIError {
        APIError(status: 405, code: "method_not_allowed", message: "use \(allowed)")
    }

    init(status: Int, code: String, message: String) {
        self.status = status
        self.code = code
        self.message = message
    }

    init(_ error: DeckError) {
        switch error.code {
        case .badJSON, .badCommand: status = 400
        case .tooLong: status = 413
        case .tooMany: status = 429
        case .notPossible: status = 409
        }
        code = error.code.rawValue
        message = error.description
    }

    var response: HTTPResponse {
        var inner = JSONObjectWriter()
        inner.text("code", code)
        inner.text("message", message)
        var outer = JSONObjectWriter()
        outer.raw("error", inner.text())
        var response = HTTPResponse(json: outer.text())
        response.status = status
        return response
    }
}
