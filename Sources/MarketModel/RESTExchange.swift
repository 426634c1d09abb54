/// One HTTP exchange among the messages of a feed: what was asked, and the answer.
///
/// The payload of a message of the kind ``MessageKind/rest`` is one line, `METHOD URL STATUS` or
/// `METHOD URL BODY STATUS`, a line feed, and the body of the answer byte for byte. A message that asks for an exchange
/// has the line without a status, and nothing after it. URLs and bodies of requests contain no secrets.
package struct RESTExchange: Sendable, Hashable {
    /// In capitals.
    package var method: String
    package var url: String
    /// The body of the request; `nil` if it has none.
    ///
    /// It contains no line feed.
    package var requestBody: String?
    /// The HTTP status of the answer; `nil` in a request.
    package var status: Int?

    package init(method: String = "GET", url: String, requestBody: String? = nil, status: Int? = nil) {
        self.method = method
        self.url = url
        self.requestBody = requestBody
        self.status = status
    }

    /// Reads the first line of a payload; `nil` if it has no such line.
    ///
    /// - Returns: The exchange, and the offset of the answer's body in the payload.
    package static func read(_ payload: UnsafeRawBufferPointer) -> (exchange: RESTExchange, bodyOffset: Int)? {
        let end = payload.firstIndex(of: UInt8(ascii: "\n"))
        let line = String(decoding: payload[..<(end ?? payload.endIndex)], as: UTF8.self)
        let words = line.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
        guard words.count >= 2, !words[0].isEmpty, !words[1].isEmpty else { return nil }
        var exchange = RESTExchange(method: String(words[0]), url: String(words[1]))
        var rest = words.count > 2 ? words[2] : ""
        if end != nil {
            let status = rest.split(separator: " ").last ?? ""
            guard let number = Int(status), (100...999).contains(number) else { return nil }
            exchange.status = number
            rest = rest.dropLast(status.count)
            if rest.last == " " { rest = rest.dropLast() }
        }
        if !rest.isEmpty { exchange.requestBody = String(rest) }
        return (exchange, end.map { $0 + 1 } ?? payload.count)
    }

    /// The bytes of a request, or those before the body of an answer.
    package var head: [UInt8] {
        var text = "\(method) \(url)"
        if let requestBody { text += " \(requestBody)" }
        if let status { text += " \(status)\n" }
        return Array(text.utf8)
    }

    /// The value of a parameter in the URL's query, as written; `nil` if it has none.
    package func parameter(_ name: String) -> String? {
        guard let query = url.split(separator: "?", maxSplits: 1).dropFirst().first else { return nil }
        for pair in query.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2, parts[0] == name { return String(parts[1]) }
        }
        return nil
    }

    /// The host and the port of the URL, as written.
    package var host: String {
        var rest = url[...]
        if let scheme = rest.firstRange(of: "://") { rest = rest[scheme.upperBound...] }
        return String(rest.prefix { $0 != "/" && $0 != "?" })
    }

    /// The URL without its query, for people.
    package var redactedURL: String { String(url.prefix { $0 != "?" }) }

    /// The path of the URL, without host and query.
    package var path: Substring {
        var rest = url[...]
        if let scheme = rest.firstRange(of: "://") { rest = rest[scheme.upperBound...] }
        guard let slash = rest.firstIndex(of: "/") else { return "/" }
        return rest[slash...].prefix { $0 != "?" }
    }
}
