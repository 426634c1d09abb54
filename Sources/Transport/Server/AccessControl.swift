package import WebSocketProtocol

/// Admits clients that present the token, in a header or, for browsers, in the query.
package struct AccessControl: Sendable {
    package let token: String?

    package init(token: String?) {
        self.token = token
    }

    package func admits(_ request: HTTPRequestHead) -> Bool {
        guard let token else { return true }
        if let header = request.headers["Authorization"] {
            let parts = header.split(separator: " ", maxSplits: 1)
            if parts.count == 2, parts[0].lowercased() == "bearer", isEqual(String(parts[1]), token) { return true }
        }
        if let query = request.query("access_token"), isEqual(query, token) { return true }
        return false
    }

    /// Compares in constant time, wherever the texts differ.
    private func isEqual(_ left: String, _ right: String) -> Bool {
        let (left, right) = (Array(left.utf8), Array(right.utf8))
        guard left.count == right.count else { return false }
        var difference: UInt8 = 0
        for index in left.indices { difference |= left[index] ^ right[index] }
        return difference == 0
    }
}
