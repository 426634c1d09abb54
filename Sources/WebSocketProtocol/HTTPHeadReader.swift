/// Parses a complete head, including its empty line, in which every line ends in CR LF.
enum HTTPHeadReader {
    static let versionPrefix = Array("HTTP/1.".utf8)

    static func request(_ head: [UInt8]) throws(HandshakeError) -> HTTPRequestHead {
        let lines = lines(of: head)
        let parts = lines.first?.split(separator: 0x20, omittingEmptySubsequences: false) ?? []
        guard parts.count == 3, isTarget(parts[1]),
            case let method = String(decoding: parts[0], as: UTF8.self), HTTPHeaders.isToken(method)
        else { throw malformed("the request line is not 'method target version'", isResponse: false) }
        guard let versionMinor = versionMinor(parts[2]) else {
            throw HandshakeError(code: .malformedHead, description: "the request is not HTTP/1", status: 505)
        }
        return HTTPRequestHead(
            method: method,
            target: String(decoding: parts[1], as: UTF8.self),
            headers: try headers(lines.dropFirst(), isResponse: false),
            versionMinor: versionMinor
        )
    }

    static func response(_ head: [UInt8]) throws(HandshakeError) -> HTTPResponseHead {
        let lines = lines(of: head)
        let parts = lines.first?.split(separator: 0x20, maxSplits: 2, omittingEmptySubsequences: false) ?? []
        guard parts.count >= 2, let versionMinor = versionMinor(parts[0]), parts[1].count == 3,
            let status = Int(String(decoding: parts[1], as: UTF8.self)), status >= 100
        else { throw malformed("the status line is not 'version status reason'", isResponse: true) }
        let reason = parts.count > 2 ? String(decoding: parts[2].trimmingSpaces(), as: UTF8.self) : ""
        return HTTPResponseHead(
            status: status,
            reason: reason,
            headers: try headers(lines.dropFirst(), isResponse: true),
            versionMinor: versionMinor
        )
    }

    static func malformed(_ what: String, isResponse: Bool) -> HandshakeError {
        HandshakeError(
            code: .malformedHead,
            description: "malformed HTTP head: \(what)",
            status: isResponse ? nil : 400
        )
    }

    /// The lines without their line ends, and without the empty one at the end.
    private static func lines(of head: [UInt8]) -> [ArraySlice<UInt8>] {
        head.split(separator: 0x0a).map { $0.dropLast() }.dropLast()
    }

    /// Whether the text is a path, an absolute URL or `*` (RFC 9112 §3.2).
    private static func isTarget(_ text: ArraySlice<UInt8>) -> Bool {
        guard let first = text.first, text.allSatisfy({ $0 > 0x20 }) else { return false }
        if first == UInt8(ascii: "/") || text.elementsEqual("*".utf8) { return true }
        let isLetter = (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(first.asciiLowercased)
        return isLetter && String(decoding: text, as: UTF8.self).contains("://")
    }

    private static func versionMinor(_ text: ArraySlice<UInt8>) -> Int? {
        guard text.count == versionPrefix.count + 1, text.starts(with: versionPrefix), let digit = text.last,
            digit >= UInt8(ascii: "0"), digit <= UInt8(ascii: "9")
        else { return nil }
        return Int(digit - UInt8(ascii: "0"))
    }

    private static func headers(
        _ lines: ArraySlice<ArraySlice<UInt8>>,
        isResponse: Bool
    ) throws(HandshakeError) -> HTTPHeaders {
        var headers = HTTPHeaders()
        for line in lines {
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")),
                case let name = String(decoding: line[..<colon], as: UTF8.self), HTTPHeaders.isToken(name)
            else { throw malformed("a line that is not 'name: value'", isResponse: isResponse) }
            headers.append(name, String(decoding: line[(colon + 1)...], as: UTF8.self))
        }
        return headers
    }
}
