import TextEncoding

/// Why a URL's query cannot be parsed.
package struct QueryProblem: Error, Hashable, CustomStringConvertible {
    /// In lower case; names at most one parameter, and never a value.
    package let description: String
}

extension HTTPRequestHead {
    /// The most parameters that a query may have.
    package static let queryItemsMax = 256

    /// All query parameters in their order, percent-decoded; a plus sign is kept.
    ///
    /// - Throws: ``QueryProblem`` for a `%` without two hexadecimal digits, for bytes that are not UTF-8, for a
    ///   duplicate name, and for more than ``queryItemsMax`` parameters.
    package func checkedQuery() throws(QueryProblem) -> [(name: String, value: String)] {
        guard let mark = target.utf8.firstIndex(of: UInt8(ascii: "?")) else { return [] }
        let items = target[mark...].dropFirst().split(separator: "&")
        guard items.count <= Self.queryItemsMax else {
            throw QueryProblem(description: "a query has at most \(Self.queryItemsMax) parameters")
        }
        var seen: Set<String> = []
        var decoded: [(name: String, value: String)] = []
        for item in items {
            let parts = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = PercentEncoding.decodeStrictly(parts[0]) else {
                throw QueryProblem(description: "the name of a parameter is encoded wrongly")
            }
            guard let value = PercentEncoding.decodeStrictly(parts.count > 1 ? parts[1] : "") else {
                throw QueryProblem(description: "the value of '\(name.prefix(40))' is encoded wrongly")
            }
            guard seen.insert(name).inserted else {
                throw QueryProblem(description: "'\(name.prefix(40))' is given twice")
            }
            decoded.append((name, value))
        }
        return decoded
    }
}
