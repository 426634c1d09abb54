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
            guard let name = PercentEncoding.strictlyDecoded(parts[0]) else {
                throw QueryProblem(description: "the name of a parameter is encoded wrongly")
            }
            guard let value = PercentEncoding.strictlyDecoded(parts.count > 1 ? parts[1] : "") else {
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

extension PercentEncoding {
    /// Decodes; `nil` for a `%` without two hexadecimal digits, and for bytes that are not UTF-8.
    static func strictlyDecoded(_ text: Substring) -> String? {
        let bytes = Array(text.utf8)
        var decoded: [UInt8] = []
        decoded.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            guard bytes[index] == UInt8(ascii: "%") else {
                decoded.append(bytes[index])
                index += 1
                continue
            }
            guard index + 2 < bytes.count, let high = bytes[index + 1].hexDigitValue,
                let low = bytes[index + 2].hexDigitValue
            else { return nil }
            decoded.append(high << 4 | low)
            index += 3
        }
        return String(validating: decoded, as: UTF8.self)
    }
}
