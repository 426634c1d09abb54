/// An HTTP request of a venue's client.
package struct VenueRequest: Sendable {
    /// In capitals.
    package let method: String
    /// The path as sent, below any base path.
    package let path: String
    private let query: [(name: String, value: String)]

    /// Makes a request; `query` is decoded.
    package init(method: String, path: String, query: [(name: String, value: String)]) {
        self.method = method
        self.path = path
        self.query = query
    }

    /// The value of a query parameter; the first one counts, `nil` if there is none.
    package func parameter(_ name: String) -> String? { query.first { $0.name == name }?.value }

    /// A number in the query, or `usual` if it is not there; `nil` if it is no number in `range`.
    func count(_ name: String, usual: Int, in range: ClosedRange<Int>) -> Int? {
        guard let text = parameter(name) else { return usual }
        return Int(text).flatMap { range.contains($0) ? $0 : nil }
    }

    /// The part of the path after `prefix`, which may follow any base path; `nil` if it is not there.
    ///
    /// `prefix` starts and ends with a slash.
    func endpoint(below prefix: String) -> Substring? {
        path.firstRange(of: prefix).map { path[$0.upperBound...] }
    }
}
