/// The first line and the fields of an HTTP/1 response (RFC 9112 §4).
package struct HTTPResponseHead: Sendable, Hashable {
    /// 100...999.
    package var status: Int
    package var reason: String
    package var headers: HTTPHeaders
    /// 1 for HTTP/1.1, 0 for HTTP/1.0.
    package var versionMinor: Int

    package init(status: Int, reason: String? = nil, headers: HTTPHeaders = HTTPHeaders(), versionMinor: Int = 1) {
        self.status = status
        self.reason = reason ?? Self.usualReason(status)
        self.headers = headers
        self.versionMinor = versionMinor
    }

    /// The head as sent, including its empty line.
    package var bytes: [UInt8] {
        var text = Array("HTTP/1.\(versionMinor) \(status) \(reason)\r\n".utf8)
        text.append(headers)
        return text
    }

    /// The reason phrase of a status that feedrec sends or often receives, or else an empty text.
    package static func usualReason(_ status: Int) -> String {
        switch status {
        case 101: "Switching Protocols"
        case 200: "OK"
        case 201: "Created"
        case 202: "Accepted"
        case 204: "No Content"
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 408: "Request Timeout"
        case 409: "Conflict"
        case 411: "Length Required"
        case 413: "Content Too Large"
        case 426: "Upgrade Required"
        case 429: "Too Many Requests"
        case 431: "Request Header Fields Too Large"
        case 500: "Internal Server Error"
        case 501: "Not Implemented"
        case 502: "Bad Gateway"
        case 503: "Service Unavailable"
        case 504: "Gateway Timeout"
        case 505: "HTTP Version Not Supported"
        default: ""
        }
    }
}

extension [UInt8] {
    /// Appends all fields and the empty line that ends a head.
    mutating func append(_ headers: HTTPHeaders) {
        for field in headers.fields { append(contentsOf: "\(field.name): \(field.value)\r\n".utf8) }
        append(contentsOf: [0x0d, 0x0a])
    }
}
