import WebSocketProtocol

/// Collects the body that follows a response head (RFC 9112 §6.3, §7.1).
struct HTTPBodyReader {
    /// What is wrong with a body, in lower case.
    struct Malformed: Error {
        let detail: String
    }

    private enum Framing {
        case length(Int)
        case untilEnd
        case chunkSize([UInt8])
        case chunk(Int)
        /// The remaining bytes of the line end after a chunk.
        case chunkEnd(Int)
        /// The lines after the last chunk; `lineBytes` counts the current line.
        case trailer(lineBytes: Int)
        case complete
    }

    /// Longest chunk-size line, with its extensions, and longest trailer section, in bytes.
    private static let lineBytesMax = 4096

    private let bytesMax: Int
    private var framing: Framing
    private var trailerBytes = 0
    private(set) var bytes: [UInt8] = []

    /// Begins the body after `head`, which must not answer a HEAD request.
    init(head: HTTPResponseHead, bytesMax: Int) throws(Malformed) {
        self.bytesMax = bytesMax
        let lengths = Set(head.headers.list("Content-Length"))
        if head.status < 200 || head.status == 204 || head.status == 304 {
            framing = .complete
        } else if let coding = head.headers.list("Transfer-Encoding").last {
            guard coding.lowercased() == "chunked" else { throw Malformed(detail: "an unknown transfer coding") }
            framing = .chunkSize([])
        } else if let text = lengths.first {
            guard lengths.count == 1, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let length = Int(text)
            else {
                throw Malformed(detail: "a bad Content-Length")
            }
            guard length <= bytesMax else { throw Self.tooLong(bytesMax) }
            framing = length == 0 ? .complete : .length(length)
        } else {
            framing = .untilEnd
        }
    }

    var isComplete: Bool { if case .complete = framing { true } else { false } }

    /// Takes the next bytes, and drops those after the body.
    mutating func receive(_ input: UnsafeRawBufferPointer) throws(Malformed) {
        var index = 0
        while index < input.count {
            switch framing {
            case .complete: return
            case .length(let missing):
                let count = try take(missing, from: input, at: &index)
                framing = missing == count ? .complete : .length(missing - count)
            case .untilEnd: _ = try take(.max, from: input, at: &index)
            case .chunk(let missing):
                let count = try take(missing, from: input, at: &index)
                framing = missing == count ? .chunkEnd(2) : .chunk(missing - count)
            case .chunkEnd(let missing):
                guard input[index] == (missing == 2 ? 0x0d : 0x0a) else {
                    throw Malformed(detail: "a chunk that is longer than its size")
                }
                index += 1
                framing = missing == 1 ? .chunkSize([]) : .chunkEnd(1)
            case .chunkSize(let line):
                framing = try chunkSize(line, next: input[index])
                index += 1
            case .trailer(let lineBytes):
                framing = try trailer(lineBytes, next: input[index])
                index += 1
            }
        }
    }

    /// Ends the body with the connection; returns false if bytes are missing.
    mutating func end() -> Bool {
        if case .untilEnd = framing { framing = .complete }
        return isComplete
    }

    // MARK: Inside

    private static func tooLong(_ bytesMax: Int) -> Malformed {
        Malformed(detail: "a body of more than \(bytesMax) bytes")
    }

    private mutating func take(_ limit: Int, from input: UnsafeRawBufferPointer, at index: inout Int) throws(Malformed)
        -> Int
    {
        let count = min(limit, input.count - index)
        guard count <= bytesMax - bytes.count else { throw Self.tooLong(bytesMax) }
        bytes.append(contentsOf: input[index..<index + count])
        index += count
        return count
    }

    private mutating func chunkSize(_ line: [UInt8], next byte: UInt8) throws(Malformed) -> Framing {
        guard byte == 0x0a else {
            guard line.count < Self.lineBytesMax else { throw Malformed(detail: "a chunk-size line that is too long") }
            return .chunkSize(line + [byte])
        }
        // Extensions follow a semicolon.
        let text = String(decoding: line.prefix { $0 != 0x3b && $0 != 0x0d && $0 != 0x20 }, as: UTF8.self)
        guard line.last == 0x0d, text.allSatisfy(\.isHexDigit), let size = Int(text, radix: 16) else {
            throw Malformed(detail: "a bad chunk size")
        }
        guard size <= bytesMax - bytes.count else { throw Self.tooLong(bytesMax) }
        return size == 0 ? .trailer(lineBytes: 0) : .chunk(size)
    }

    private mutating func trailer(_ lineBytes: Int, next byte: UInt8) throws(Malformed) -> Framing {
        trailerBytes += 1
        guard trailerBytes <= Self.lineBytesMax else { throw Malformed(detail: "trailers that are too long") }
        switch byte {
        case 0x0a: return lineBytes == 0 ? .complete : .trailer(lineBytes: 0)
        case 0x0d: return .trailer(lineBytes: lineBytes)
        default: return .trailer(lineBytes: lineBytes + 1)
        }
    }
}
