import MarketModel
import TextEncoding
import WebSocketProtocol

/// A tunnel through an HTTP proxy (RFC 9110 §9.3.6), with optional Basic credentials (RFC 7617).
struct HTTPConnectHandshake: ProxyHandshake {
    let opening: [UInt8]
    private var parser = HTTPHeadParser()

    init(host: String, port: Int, credentials: ProxyCredentials?) {
        let target = URLAuthority.text(host: host, port: port)
        var head = "CONNECT \(target) HTTP/1.1\r\nHost: \(target)\r\n"
        if let credentials {
            let pair = credentials.user + [UInt8(ascii: ":")] + credentials.password
            head += "Proxy-Authorization: Basic \(Base64.encode(pair))\r\n"
        }
        opening = Array((head + "\r\n").utf8)
    }

    mutating func receive(_ input: UnsafeRawBufferPointer) throws(ProxyRefusal) -> ProxyProgress {
        var rest = input
        while true {
            let (head, consumed) = try next(rest)
            guard let head else { return .incomplete }
            rest = UnsafeRawBufferPointer(rebasing: rest[consumed...])
            switch head.status {
            // Interim responses precede the final one.
            case 100..<200: continue
            // Such a response has no body, whatever length it states.
            case 200..<300: return .established(leftover: Array(rest))
            default: throw Self.refusal(head)
            }
        }
    }

    private mutating func next(
        _ input: UnsafeRawBufferPointer
    ) throws(ProxyRefusal) -> (head: HTTPResponseHead?, consumed: Int) {
        do {
            guard case .head(let head, let consumed) = try parser.receiveResponse(input) else { return (nil, 0) }
            return (head, consumed)
        } catch {
            let text =
                error.code == .headTooLarge ? "answered with a head that is too long" : "did not answer with HTTP"
            throw ProxyRefusal(failure: .malformed, text: text)
        }
    }

    private static func refusal(_ head: HTTPResponseHead) -> ProxyRefusal {
        let reason = head.reason.isEmpty ? HTTPResponseHead.usualReason(head.status) : String(head.reason.prefix(80))
        let failure: TransportError.ProxyFailure =
            switch head.status {
            case 407: .authentication
            case 403: .notAllowed
            default: .answered(status: head.status)
            }
        return ProxyRefusal(failure: failure, text: "answered \(head.status)" + (reason.isEmpty ? "" : " \(reason)"))
    }
}
