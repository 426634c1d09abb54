package import WebSocketProtocol

/// The files of a page that drives a replay, served at `/` and beside it.
package protocol ReplayPage: Sendable {
    /// What is at `path`, such as `/` or `/app.js`; `nil` for nothing.
    func asset(path: String) -> ReplayAsset?
}

/// One file of a page.
package struct ReplayAsset: Sendable {
    package var bytes: [UInt8]
    package var contentType: String
    /// Sent with it, such as `Content-Security-Policy`.
    package var headers: HTTPHeaders

    package init(bytes: [UInt8], contentType: String, headers: HTTPHeaders = HTTPHeaders()) {
        self.bytes = bytes
        self.contentType = contentType
        self.headers = headers
    }
}
