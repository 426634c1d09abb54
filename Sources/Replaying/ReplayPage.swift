package import WebSocketProtocol

/// The files of a web page that controls a replay, served at `/` and next to it.
package protocol ReplayPage: Sendable {
    /// Returns the file at `path`, such as `/` or `/app.js`; `nil` if there is none.
    func asset(path: String) -> ReplayAsset?
}

/// One file of a page.
package struct ReplayAsset: Sendable {
    package var bytes: [UInt8]
    package var contentType: String
    /// Additional headers, such as `Content-Security-Policy`.
    package var headers: HTTPHeaders

    package init(bytes: [UInt8], contentType: String, headers: HTTPHeaders = HTTPHeaders()) {
        self.bytes = bytes
        self.contentType = contentType
        self.headers = headers
    }
}
