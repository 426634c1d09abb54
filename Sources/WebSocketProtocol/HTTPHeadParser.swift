/// Finds and parses the HTTP/1 heads in a stream of bytes, however it is split.
///
/// It is strict where leniency has led to request smuggling: lines end in CR LF, no folded lines, no space before the
/// colon, no control characters (RFC 9112 §2.2, §5). A wrong byte is an error at once, so that a peer with another
/// protocol is detected without a time-out.
package struct HTTPHeadParser: Sendable {
    package enum RequestResult: Sendable, Hashable {
        case incomplete
        /// A complete head. `consumed` bytes of this input belong to it; the rest follows the head.
        case head(HTTPRequestHead, consumed: Int)
    }

    package enum ResponseResult: Sendable, Hashable {
        case incomplete
        /// A complete head. `consumed` bytes of this input belong to it; the rest follows the head.
        case head(HTTPResponseHead, consumed: Int)
    }

    private let headerBytesMax: Int
    private var head: [UInt8] = []
    /// Length of the current line, without its line end.
    private var lineBytes = 0

    package init(headerBytesMax: Int = WebSocketLimits().headerBytesMax) {
        self.headerBytesMax = headerBytesMax
    }

    /// Whether no byte of the next head has arrived yet.
    package var isEmpty: Bool { head.isEmpty }

    /// Takes the next bytes of a client; the parser can be reused after a head, but not after an error.
    package mutating func receiveRequest(_ input: UnsafeRawBufferPointer) throws(HandshakeError) -> RequestResult {
        guard let consumed = try collect(input, isResponse: false) else { return .incomplete }
        return .head(try HTTPHeadReader.request(takeHead()), consumed: consumed)
    }

    /// Takes the next bytes of a server; the parser can be reused after a head, but not after an error.
    package mutating func receiveResponse(_ input: UnsafeRawBufferPointer) throws(HandshakeError) -> ResponseResult {
        guard let consumed = try collect(input, isResponse: true) else { return .incomplete }
        return .head(try HTTPHeadReader.response(takeHead()), consumed: consumed)
    }

    private mutating func takeHead() -> [UInt8] {
        defer {
            head = []
            lineBytes = 0
        }
        return head
    }

    /// Collects bytes up to the empty line, and returns how many this input contributed once it is complete.
    private mutating func collect(_ input: UnsafeRawBufferPointer, isResponse: Bool) throws(HandshakeError) -> Int? {
        for index in input.indices {
            guard head.count < headerBytesMax else {
                throw HandshakeError(
                    code: .headTooLarge,
                    description: "the HTTP head is longer than \(headerBytesMax) bytes",
                    status: isResponse ? nil : 431
                )
            }
            let byte = input[index]
            guard isAllowed(byte, isResponse: isResponse) else { throw malformed(isResponse: isResponse) }
            let isAfterCarriageReturn = head.last == 0x0d
            head.append(byte)
            if byte == 0x0a {
                if lineBytes == 0, isAfterCarriageReturn { return index + 1 }
                lineBytes = 0
            } else if byte != 0x0d {
                lineBytes += 1
            }
        }
        return nil
    }

    /// Whether `byte` may follow the bytes collected so far.
    private func isAllowed(_ byte: UInt8, isResponse: Bool) -> Bool {
        if head.last == 0x0d { return byte == 0x0a }
        if isResponse, head.count < HTTPHeadReader.versionPrefix.count {
            return byte == HTTPHeadReader.versionPrefix[head.count]
        }
        switch byte {
        case 0x0d: return !head.isEmpty
        case 0x09: return true
        default: return byte >= 0x20 && byte != 0x7f
        }
    }

    private func malformed(isResponse: Bool) -> HandshakeError {
        if isResponse, head.count < HTTPHeadReader.versionPrefix.count {
            return HandshakeError(code: .malformedHead, description: "the server did not answer with HTTP/1")
        }
        return HTTPHeadReader.malformed("a line with a control character or a wrong end", isResponse: isResponse)
    }
}
