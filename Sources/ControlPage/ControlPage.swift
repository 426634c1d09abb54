/// The page that controls a replay from a browser: feedrec's own HTML, CSS and JavaScript, embedded in the program.
///
/// It loads nothing from other servers and contains no secrets; its data comes from the server's API (docs/REPLAY.md).
package enum ControlPage {
    /// One file of the page.
    package struct Asset: Sendable {
        package let bytes: [UInt8]
        package let contentType: String
    }

    /// HTTP headers sent with every file: they allow only this server's own files, scripts and connections.
    package static let headers: [(name: String, value: String)] = [
        (
            "Content-Security-Policy",
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
                + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        ),
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "no-referrer"),
        ("Cache-Control", "no-cache"),
    ]

    /// The paths of all files; the page itself is `/`.
    package static var paths: [String] { ["/"] + files.map { "/page/" + $0.name } }

    /// The file at `path`; `nil` if there is none.
    package static func asset(at path: String) -> Asset? {
        if path == "/" { return Asset(bytes: PackageResources.index_html, contentType: "text/html; charset=utf-8") }
        guard let file = files.first(where: { "/page/" + $0.name == path }) else { return nil }
        return Asset(bytes: file.bytes, contentType: contentType(of: file.name))
    }

    private static func contentType(of name: String) -> String {
        if name.hasSuffix(".js") { return "text/javascript; charset=utf-8" }
        return name.hasSuffix(".css") ? "text/css; charset=utf-8" : "image/svg+xml"
    }

    private static let files: [(name: String, bytes: [UInt8])] = [
        ("page.css", PackageResources.page_css),
        ("icon.svg", PackageResources.icon_svg),
        ("app.js", PackageResources.app_js),
        ("api.js", PackageResources.api_js),
        ("candles.js", PackageResources.candles_js),
        ("canvas.js", PackageResources.canvas_js),
        ("chart.js", PackageResources.chart_js),
        ("tables.js", PackageResources.tables_js),
        ("tape.js", PackageResources.tape_js),
        ("text.js", PackageResources.text_js),
        ("timeline.js", PackageResources.timeline_js),
    ]
}
